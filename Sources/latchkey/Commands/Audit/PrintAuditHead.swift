import ArgumentParser

struct PrintAuditHead: AsyncCommand {
    static let configuration = CommandConfiguration(
        commandName: "head",
        abstract: "Print how many entries the audit log has, and the root of its tree, as one line to write down.",
        discussion: """
            latchkey audit head
            latchkey audit head --json

            Keep the line where nobody who can reach this host can: on paper, or with somebody who took it down over the telephone. latchkey audit \
            verify --head shows later that the log still begins with what it was. --json has the signed checkpoint as well.
            """
    )

    @OptionGroup var daemon: DaemonOptions

    func run() async throws {
        let document = try await DaemonClient.with(daemon) { try await $0.get("/v1/audit/head") }
        if daemon.json { return try Output.json(document.root.raw) }
        guard let head = document.root["head"]?.text else {
            throw CommandFailure(.failed, "the answer has no head; is the daemon of this program's version?")
        }
        try Output.line(Shown.text(head))
    }
}
