import LatchkeyCrypto
import LatchkeyStore
import LatchkeyVerifier

extension TableRule {
    static let keyRing = [
        TableRule(Tables.signingKeys) { checker, transaction in
            var states: [SigningKeyRecord.State: Int] = [:]
            try checker.rows(Tables.signingKeys, in: transaction) { kid, key in
                states[key.state, default: 0] += 1
                if let problem = problem(of: key, under: kid) { checker.find(.impossible, Tables.signingKeys, problem) }
                if key.state == .revoked {
                    try checker.expect(
                        Tables.signer, SignerRow.revoked(kid), TextRow(kid), of: "the mark of the revoked signing key \(kid)",
                        in: transaction)
                }
            }
            for state in [SigningKeyRecord.State.active, .standby] {
                checker.require(
                    states[state, default: 0] <= 1, Tables.signingKeys, "\(states[state]!) signing keys are \(state.rawValue)", .impossible)
            }
        },
        TableRule(Tables.cutover) { checker, transaction in
            try checker.rows(Tables.cutover, in: transaction) { key, record in
                checker.require(key == CutoverRecord.key, Tables.cutover, "there is a second cutover", .impossible)
                checker.require(
                    (record.sealedSecret == nil) == (record.phase == .purged), Tables.cutover,
                    "the cutover stands at \(record.phase.rawValue), \(record.sealedSecret == nil ? "without" : "with") its secret",
                    .impossible)
                checker.require(
                    try !transaction.contains(Tables.signingKeys, record.kid), Tables.cutover,
                    "the legacy key has the id of a signing key", .impossible)
            }
        },
        TableRule(Tables.signer) { checker, transaction in
            try checker.rows(Tables.signer, in: transaction) { name, row in
                switch name {
                case SignerRow.current, SignerRow.rsaUsed: break
                case SignerRow.maxAge:
                    checker.require(Int64(row.text) != nil, Tables.signer, "the age of the JWKS is not a number", .impossible)
                default:
                    checker.require(
                        name == SignerRow.revoked(row.text), Tables.signer, "there is a note on signing that nothing asks for", .impossible)
                }
            }
            // Who signs follows from the keys and the cutover.
            let cutover = try checker.found(Tables.cutover, CutoverRecord.key, in: transaction)
            var signer = cutover.flatMap { $0.phase.signsLegacy ? $0.kid : nil }
            if signer == nil {
                try transaction.scanKeys(Tables.signingKeys, limit: .max) { kid in
                    if try checker.found(Tables.signingKeys, kid, in: transaction)?.state == .active { signer = kid }
                    return true
                }
            }
            if let signer {
                try checker.expect(Tables.signer, SignerRow.current, TextRow(signer), of: "the key that signs", in: transaction)
            } else if try transaction.contains(Tables.signer, SignerRow.current) {
                try checker.strike(Tables.signer, SignerRow.current, "a key is named as the signer, and none is", in: transaction)
            }
        },
    ]

    private static func problem(of key: SigningKeyRecord, under kid: String) -> String? {
        guard key.kid == kid else { return "the signing key \(key.kid) does not stand under its id" }
        let jwk = JWK(kty: "RSA", kid: kid, use: "sig", alg: "RS256", n: key.n, e: key.e)
        guard (try? jwk.thumbprint()) == kid else { return "the id of the signing key \(kid) is not its public half's" }
        switch key.state {
        case .standby, .active, .grace:
            if key.leftAt != nil { return "the signing key \(kid) is \(key.state.rawValue) and has left the JWKS" }
            if key.sealedPrivateKey == nil, key.state != .grace {
                return "the signing key \(kid) is \(key.state.rawValue) and has no private half"
            }
            if key.state == .active, key.activatedAt == nil { return "the signing key \(kid) signs since no time" }
        case .retired, .revoked:
            if key.sealedPrivateKey != nil { return "the signing key \(kid) is \(key.state.rawValue) and its private half is still there" }
            if key.leftAt == nil { return "the signing key \(kid) is \(key.state.rawValue) and has never left the JWKS" }
        }
        return nil
    }
}
