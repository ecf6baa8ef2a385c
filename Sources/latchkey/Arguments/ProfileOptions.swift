import ArgumentParser
import LatchkeyScopes

/// The file that profiles are in.
struct ProfilesFileOption: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The file of the site's profiles (\(ProfilesFile.variable); default: \(ProfilesFile.packaged)).", valueName: "path"))
    var profilesFile: String?
}

/// The promise that a new key is to keep.
struct ProfileOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The smallest scopes that keep the promise of this profile; with --scope, --scopes-file or --template, those have to keep it.",
            valueName: "name"))
    var profile: String?

    @OptionGroup var file: ProfilesFileOption

    @Flag(help: "Mint also when the scopes don't keep all that the profile promises.")
    var allowUnmet = false

    func validate() throws {
        guard profile == nil else { return }
        if file.profilesFile != nil { throw ValidationError("--profiles-file goes with --profile") }
        if allowUnmet { throw ValidationError("--allow-unmet goes with --profile") }
    }

    /// - Throws: `.usage` when there is no such profile.
    func read() throws(CommandFailure) -> Profile? {
        guard let profile else { return nil }
        return try ProfilesFile.read(file.profilesFile).profile(profile)
    }
}
