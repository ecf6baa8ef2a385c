/// What sealing anew did, and what becomes of the old master key.
struct RewrapReport {
    private let answer: JSONValue
    private let keyFile: String?
    private let isGivenUp: Bool

    /// - Parameters:
    ///   - keyFile: the new key's file, when the operator brought it.
    ///   - isGivenUp: whether the old master key is lost.
    init(_ answer: JSONValue, keyFile: String?, isGivenUp: Bool) {
        self.answer = answer
        self.keyFile = keyFile
        self.isGivenUp = isGivenUp
    }

    var facts: [(name: String, value: String?)] {
        let count = answer["records"]?.integer
        let records = count.map { $0 == 1 ? "1, opened with the new key" : "\($0), each opened with the new key" }
        return [
            ("sealed anew", answer["rewrappedAt"]?.text), ("records", records), ("master key", answer["masterKey"]?.text),
            ("old master key", answer["oldMasterKey"]?.text), ("next", next),
            ("lost", isGivenUp ? "every signing key, the trust anchor and a legacy secret; tokens of those keys are refused" : nil),
            ("verifiers", isGivenUp ? "each must fetch the JWKS again; holders of bundles need the new trust anchor first" : nil),
            ("older backups", backups),
        ]
    }

    private var backups: String {
        isGivenUp
            ? "the old master key would open them, should it be found"
            : "they open with the old master key only"
    }

    private var next: String? {
        let provided = keyFile.map { "let the service have the key in \($0) at its next start, in place of the old one" }
        if isGivenUp { return provided ?? "see that it signs again: latchkey signing-keys explain" }
        if let old = answer["oldMasterKey"]?.text { return "make a new backup, then destroy the old master key: shred -u \(old)" }
        return provided.map { "\($0); make a new backup, then destroy the old one" }
    }
}
