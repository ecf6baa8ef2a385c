import ArgumentParser
import LatchkeyVerifier

struct ShowProfile: AsyncCommand {
    static let configuration = CommandConfiguration(
        commandName: "profile",
        abstract: "Show what a profile promises, and the scopes that keep it; nothing is minted.",
        discussion: """
            latchkey scopes profile sage
            latchkey scopes profile sage --profiles-file profiles.json --json

            A profile is a named promise: the routes of this API that a service will call, what it will do with files, and the scopes that it \
            needs elsewhere. The file of profiles is JSON:

              {"profiles":{"sage":{"description":"Makes agents and hands out their tokens",
                "routes":["POST /v1/identities","POST /v1/tokens"],
                "files":[{"path":"/docs/*","actions":["read"]}],
                "scopes":["relaycast:channel:send:*"]}}}

            What the routes take is asked of the daemon.
            """
    )

    @Argument(help: "The profile's name.")
    var name: String

    @OptionGroup var file: ProfilesFileOption
    @OptionGroup var daemon: DaemonOptions
    @OptionGroup var organisation: OrganisationOptions

    func run() async throws {
        let profile = try ProfilesFile.read(file.profilesFile).profile(name)
        let promises = try await DaemonClient.with(daemon, organisation: organisation.org) { try await $0.promises(of: profile) }
        let report = ProfileReport(profile: profile, promises: promises)
        guard daemon.json else { return try Facts.print(report.facts) }
        var writer = JSONWriter()
        report.write(to: &writer)
        try Output.json(writer.bytes)
    }
}
