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
            try checkLoss(states, checker, transaction)
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
            let named = try checker.found(Tables.signer, SignerRow.current, in: transaction)?.text
            if let named, named != signer, named != cutover?.kid, try !transaction.contains(Tables.signingKeys, named) {
                return checker.find(
                    .dangling, Tables.signer, "the signing key \(named) is named as the signer, and is not there: it was lost")
            }
            if let signer {
                try checker.expect(Tables.signer, SignerRow.current, TextRow(signer), of: "the signing key that signs", in: transaction)
            } else if named != nil {
                try checker.strike(
                    Tables.signer, SignerRow.current, "a signing key is named as the signer, and none signs", in: transaction)
            }
        },
    ]

    /// A ring begins with a signer and a standby, and whoever leaves it leaves a record and, before a standby is without a signer, an heir. So
    /// what is missing otherwise was lost. (Where a key has left, the standby may be one that could not be made anew; it is born by the schedule.)
    private static func checkLoss(
        _ states: [SigningKeyRecord.State: Int], _ checker: StoreChecker, _ transaction: borrowing WriteTransaction
    ) throws {
        guard try transaction.count(Tables.install) > 0 else { return }
        let (signers, standbys) = (states[.active, default: 0], states[.standby, default: 0])
        let haveLeft = states[.retired, default: 0] + states[.revoked, default: 0] > 0
        if signers == 0, states[.grace] == nil, !haveLeft || standbys > 0 {
            checker.find(.impossible, Tables.signingKeys, "no signing key is active, and none has left that was: it was lost")
        }
        if standbys == 0, !haveLeft {
            checker.find(.impossible, Tables.signingKeys, "no signing key is the standby, and none has ever left: it was lost")
        }
    }

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
