/// What the daemon thinks of its clock, for people.
struct ClockReport {
    let isReliable: Bool
    let facts: [(name: String, value: String?)]

    /// From the status.
    ///
    /// - Throws: `.failed` when it says nothing about the clock.
    init(status: JSONValue) throws(CommandFailure) {
        guard let clock = status["clock"], let isReliable = clock["reliable"]?.bool else { throw JSONScanner.foreign }
        self.isReliable = isReliable
        facts = [
            ("time", status["time"]?.text), ("clock", isReliable ? "trusted; there is nothing to accept" : "not trusted"),
            ("problem", clock["problem"]?.text), ("advice", clock["advice"]?.text),
        ]
    }

    /// From the answer to the operator's word.
    ///
    /// - Throws: `.failed` when it does not say what was.
    init(accepted answer: JSONValue) throws(CommandFailure) {
        guard let wasUnreliable = answer["wasUnreliable"]?.bool else { throw JSONScanner.foreign }
        isReliable = true
        let corrected = answer["correctedKeys"]?.integer ?? 0
        facts = [
            ("time", answer["time"]?.text), ("clock", wasUnreliable ? "accepted" : "it was trusted before; nothing was changed"),
            ("problem was", answer["problem"]?.text),
            ("keys corrected", corrected > 0 ? "\(corrected), whose times were moved with the clock" : nil),
            ("next", wasUnreliable ? "tokens are issued again; see latchkey signing-keys explain for what is due" : nil),
        ]
    }
}
