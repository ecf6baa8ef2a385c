import LatchkeyCrypto
import LatchkeyVerifier

extension SigningKeyRecord {
    /// A record for a key that enters the JWKS at `now`, its private half sealed for its place.
    static func making(_ key: RSAPrivateKey, state: State, origin: Origin, seal: Seal, now: Timestamp) throws -> SigningKeyRecord {
        let publicKey = key.publicKey
        let kid = publicKey.thumbprint
        return SigningKeyRecord(
            kid: kid, bits: key.bits, origin: origin, state: state,
            n: Base64URL.encode(publicKey.modulus), e: Base64URL.encode(publicKey.exponent),
            sealedPrivateKey: try seal.seal(key.pkcs8(), type: "signing-key", id: kid, version: version),
            createdAt: now, publishedAt: now, activatedAt: state == .active ? now : nil)
    }
}
