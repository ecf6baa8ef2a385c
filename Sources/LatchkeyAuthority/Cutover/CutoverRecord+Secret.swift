import LatchkeyCrypto
import LatchkeyVerifier

extension CutoverRecord {
    /// The key that legacy tokens are signed with; `nil` once its secret was destroyed.
    ///
    /// - Throws: when the secret does not open in its place: another seal, or somebody changed or moved it.
    func legacyKey(by seal: Seal) throws -> LegacyKey? {
        try sealedSecret.map { try LegacyKey(kid: kid, secret: openedSecret(sealed: $0, by: seal), issuer: issuer) }
    }

    /// When the last token of the old issuer has ended, by its own word.
    var elsewhereUntil: Timestamp { issuedUntil.adding(seconds: maxTTL) }
}
