import LatchkeyVerifier

/// The trust anchor as the daemon tells of it. Its fingerprint is reckoned here, from the key itself.
struct AnchorFacts {
    let anchor: TrustAnchor
    private let answer: JSONValue

    /// - Throws: `.failed` when the answer holds no anchor, or another one than it says.
    init(_ answer: JSONValue) throws(CommandFailure) {
        guard let pem = answer["pem"]?.text, let anchor = try? TrustAnchor(pem: Array(pem.utf8)),
            answer["fingerprint"]?.text == anchor.fingerprint, answer["keyId"]?.text == anchor.keyId
        else { throw JSONScanner.foreign }
        self.anchor = anchor
        self.answer = answer
    }

    /// - Parameter file: where it was written.
    func facts(file: String?) -> [(name: String, value: String?)] {
        let former = answer["former"]?.elements ?? []
        let led = answer["successions"]?.elements?.count ?? 0
        var facts: [(name: String, value: String?)] = [
            ("fingerprint", anchor.fingerprint), ("key", anchor.keyId), ("install", answer["installId"]?.text),
            ("since", answer["createdAt"]?.text),
        ]
        for anchor in former {
            facts.append(
                (
                    "before it",
                    [anchor["fingerprint"]?.text, anchor["endedAt"]?.text.map { "until \($0)" }].compactMap { $0 }.joined(separator: ", ")
                ))
        }
        if !former.isEmpty {
            facts.append(
                (
                    "holders of those",
                    led == 0 ? "need this one's file: none of them signed it" : "are led here by each bundle, \(led) back at most"
                ))
        }
        facts.append(("file", file))
        facts.append(
            (
                "next",
                file == nil
                    ? "write its file, for verifiers: latchkey anchor show --out anchor.pem"
                    : "carry the file to each verifier, and compare the fingerprint there by another way"
            ))
        return facts
    }

    /// Writes the anchor's file: one PEM block, for everybody to read.
    func write(to path: String) throws(CommandFailure) {
        let file = try WholeFile(path: path, isPublic: true)
        try file.write(Array(anchor.pem.utf8).span)
        try file.finish()
    }
}
