/// Where the cutover stands as the daemon describes it, for people.
struct CutoverReport {
    private let answer: JSONValue
    private let phase: String
    private let gates: [GateReport]

    /// - Throws: `.failed` when it is no such answer.
    init(_ answer: JSONValue) throws(CommandFailure) {
        guard let phase = answer["phase"]?.text else { throw JSONScanner.foreign }
        self.answer = answer
        self.phase = phase
        gates = try answer["next"].map { next throws(CommandFailure) in try GateReport.all(next["gates"]) } ?? []
    }

    var facts: [(name: String, value: String?)] {
        var facts: [(name: String, value: String?)] = [
            ("phase", phase), ("since", text("since")), ("means", PhaseWords.meaning(of: phase)), ("signs", text("signs")),
            ("verifies", answer["verifies"]?.texts?.joined(separator: " ")), ("legacy kid", text("kid")), ("legacy issuer", text("issuer")),
            ("longest legacy token", answer["maxTTL"]?.integer.map(TimeAway.span)), ("issued elsewhere until", text("issuedUntil")),
            ("JWKS public since", text("jwksPublicSince")), ("last legacy token ends", text("latestLegacyExpiry")),
            ("last legacy token seen", text("lastPresentedAt")), ("rotation due since", rotation),
        ]
        for verifier in answer["verifiers"]?.elements ?? [] {
            facts.append(("verifier", VerifierReport(verifier).row.joined(separator: " accepts ")))
        }
        for presenter in answer["presenters"]?.elements ?? [] { facts.append(("presented by", Self.words(presenter))) }
        if let next = answer["next"]?["to"]?.text { facts.append(("next step", "to \(next)")) }
        for gate in gates { facts.append(("gate", gate.line)) }
        facts.append(("next", PhaseWords.next(after: phase)))
        return facts
    }

    private var rotation: String? { text("rotationDueSince").map { "\($0); nothing rotates before the sunset" } }

    /// The subject, address and audience are the presenter's own words.
    private static func words(_ presenter: JSONValue) -> String {
        let part = { (name: String) in Shown.word(presenter[name]?.text ?? "-") }
        return "\(part("subject")) from \(part("address")) for \(part("audience")), last at \(part("lastSeenAt"))"
    }

    private func text(_ name: String) -> String? { answer[name]?.text }
}
