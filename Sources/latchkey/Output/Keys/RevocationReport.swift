/// What an emergency revocation did, who may still accept what, and until when.
struct RevocationReport {
    private let answer: JSONValue
    private let id: String?

    /// - Parameter id: the key that was named; none when all were.
    init(_ answer: JSONValue, id: String?) {
        self.answer = answer
        self.id = id
    }

    /// - Throws: `.failed` when the answer does not say which keys were revoked.
    var facts: [(name: String, value: String?)] {
        get throws(CommandFailure) {
            guard let revoked = answer["revokedKeyIds"]?.texts else { throw JSONScanner.foreign }
            var facts: [(name: String, value: String?)] = revoked.map { ("revoked", $0) }
            if revoked.isEmpty { facts.append(("revoked", "\(id ?? "every key") had been revoked before; nothing was done now")) }
            facts += [
                ("revoked at", answer["revokedAt"]?.text), ("signs now", answer["signerKeyId"]?.text ?? "no RSA key"),
                ("new standby", answer["standbyKeyId"]?.text), ("outstanding tokens", outstanding),
            ]
            facts += Witness.facts("still accepted by", answer["stillAcceptedBy"], nobody: "nobody")
            facts += Witness.facts(
                "not yet accepted by", answer["notYetAcceptedBy"], nobody: "nobody: all who play by the rules know the new signer")
            if mustRefetch {
                facts.append(
                    (
                        "verifiers",
                        "those that do not know the new signer must fetch the JWKS, or get a new trust bundle, to accept new tokens"
                    ))
            }
            facts.append(("next", next))
            return facts
        }
    }

    private var mustRefetch: Bool { answer["verifiersMustRefetch"]?.bool == true }

    /// Tokens of the revoked keys that have not ended.
    private var outstanding: String? {
        guard let count = answer["outstandingTokens"]?.integer else { return nil }
        guard count > 0 else { return "none" }
        let latest = answer["latestTokenExpiry"]?.text.map { "; the last one ends \($0)" } ?? ""
        return "\(count)\(latest)"
    }

    private var next: String {
        let isAccepted = !(answer["stillAcceptedBy"]?.elements?.isEmpty ?? true)
        let isUnknown = !(answer["notYetAcceptedBy"]?.elements?.isEmpty ?? true)
        if answer["signerKeyId"]?.text == nil { return "see who signs: latchkey signing-keys explain" }
        if isAccepted || isUnknown || mustRefetch {
            return "make the verifiers named here fetch the JWKS again, or give them a new trust bundle; then nobody accepts the old tokens"
        }
        return "holders of the old tokens refresh them or get new ones; nothing else is left to do"
    }
}
