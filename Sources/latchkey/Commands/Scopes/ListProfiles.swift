import ArgumentParser
import LatchkeyVerifier

struct ListProfiles: AsyncCommand {
    static let configuration = CommandConfiguration(
        commandName: "profiles",
        abstract: "List what the site's profiles promise, and the scopes that it takes.",
        discussion: """
            latchkey scopes profiles
            latchkey scopes profiles --profiles-file profiles.json --json

            What a profile is: latchkey scopes profile --help
            """
    )

    @OptionGroup var file: ProfilesFileOption
    @OptionGroup var daemon: DaemonOptions
    @OptionGroup var organisation: OrganisationOptions

    func run() async throws {
        let profiles = try ProfilesFile.read(file.profilesFile).profiles
        let reports = try await DaemonClient.with(daemon, organisation: organisation.org) { client in
            var reports: [ProfileReport] = []
            for profile in profiles { reports.append(ProfileReport(profile: profile, promises: try await client.promises(of: profile))) }
            return reports
        }
        guard daemon.json else {
            var table = Table(ProfileReport.titles)
            return try table.print(reports.flatMap(\.rows))
        }
        var writer = JSONWriter()
        writer.object { writer in
            writer.key("data")
            writer.array { writer in for report in reports { report.write(to: &writer) } }
        }
        try Output.json(writer.bytes)
    }
}
