import ArgumentParser
import LatchkeyVerifier

struct Authorize: AsyncCommand {
    static let configuration = CommandConfiguration(
        abstract: "Ask whether the caller itself holds a scope; the exit code is 1 when it does not.",
        discussion: """
            latchkey authorize relayfile:fs:read:/docs/a --url https://keys.example --api-key-file ci.key
            latchkey authorize --file-path '/docs/a file' --action read --url https://keys.example --api-key-file ci.key
            """
    )

    @Argument(help: "The scope that is asked about.")
    var scope: String?

    @Option(help: ArgumentHelp("In place of a scope: a file's path, which may hold spaces and colons.", valueName: "path"))
    var filePath: String?

    @Option(help: ArgumentHelp("With --file-path: what is to be done with the file, such as read or write.", valueName: "action"))
    var action: String?

    @OptionGroup var daemon: DaemonOptions
    @OptionGroup var organisation: OrganisationOptions

    func validate() throws {
        guard (scope != nil) != (filePath != nil), (filePath != nil) == (action != nil) else {
            throw ValidationError("ask either about a SCOPE, or about a file with --file-path PATH and --action ACTION")
        }
    }

    func run() async throws {
        do {
            let document = try await DaemonClient.with(daemon, organisation: organisation.org) { try await ask($0) }
            guard document.root["allowed"]?.bool == true else { throw JSONScanner.foreign }
            if daemon.json { return try Output.json(document.root.raw) }
            try Output.line(Verdict(isAllowed: true).word)
        } catch let failure as CommandFailure where failure.refusal == "insufficient_scope" {
            if daemon.json {
                var writer = JSONWriter()
                writer.object { $0.member("allowed", false) }
                try Output.json(writer.bytes)
            } else {
                try Output.line(Verdict(isAllowed: false).word)
            }
            throw failure
        }
    }

    private func ask(_ client: DaemonClient) async throws(CommandFailure) -> JSONDocument {
        guard let filePath, let action else {
            return try await client.post("/v1/authorize") { $0.member("scope", ifPresent: scope) }
        }
        return try await client.post("/v1/authorize/file") { writer in
            writer.member("path", filePath)
            writer.member("action", action)
        }
    }
}
