import ArgumentParser
import LatchkeyVerifier

struct ListVerifiers: AsyncCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List the verifiers and what each accepts.",
        discussion: "latchkey cutover verifiers list"
    )

    @OptionGroup var daemon: SocketOptions

    func run() async throws {
        let answer = try await DaemonClient.with(daemon) { try await $0.get("/v1/admin/cutover") }.root
        guard answer["phase"]?.text != "none" else {
            throw CommandFailure(
                .failed, "there is no cutover in this install, and so no verifiers are listed", hint: PhaseWords.next(after: "none"))
        }
        let rows = try VerifierReport.rows(answer["verifiers"])
        if daemon.json {
            var writer = JSONWriter()
            writer.object { writer in
                writer.key("verifiers")
                writer.raw(answer["verifiers"]?.raw ?? [])
            }
            return try Output.json(writer.bytes)
        }
        var table = Table(VerifierReport.titles)
        try table.print(rows)
    }
}
