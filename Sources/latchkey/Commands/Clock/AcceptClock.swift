import ArgumentParser

struct AcceptClock: AsyncCommand {
    static let configuration = CommandConfiguration(
        commandName: "accept",
        abstract: "Say that the host's clock is right, so that tokens are issued again.",
        discussion: """
            latchkey clock accept
            latchkey clock accept --yes

            A clock that jumped stops minting until it is right again, or until you say that it is right now. It shows what is wrong first. Look \
            at the time before you accept it: with a clock that is wrong, tokens and keys live too long or not at all.
            """
    )

    @OptionGroup var confirmation: Confirmation
    @OptionGroup var daemon: SocketOptions

    func run() async throws {
        let accepted = try await DaemonClient.with(daemon) { client -> JSONDocument? in
            if !confirmation.yes, try await !isWanted(client) { return nil }
            return try await client.post("/v1/admin/clock/accept")
        }
        guard let answer = accepted?.root else { return }
        if daemon.json { return try Output.json(answer.raw) }
        try Facts.print(try ClockReport(accepted: answer).facts)
    }

    /// Shows what is wrong, and asks. A clock that is trusted needs no word.
    private func isWanted(_ client: DaemonClient) async throws -> Bool {
        let status = try await client.get("/v1/admin/status").root
        let clock = try ClockReport(status: status)
        guard !clock.isReliable else {
            if daemon.json { try Output.json(status["clock"]?.raw ?? []) } else { try Facts.print(clock.facts) }
            return false
        }
        Facts.note(clock.facts)
        try Confirmation.ask("is this time right? type accept, or yes:", words: ["yes", "accept"])
        return true
    }
}
