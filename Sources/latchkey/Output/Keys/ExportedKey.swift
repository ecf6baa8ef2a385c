import FoundationEssentials
import LatchkeyCrypto

/// The public half of a signing key, as other programs take it.
struct ExportedKey {
    /// As it stands in the JWKS.
    let jwk: [UInt8]
    /// `SubjectPublicKeyInfo` (RFC 5280 §4.1.2.7), with a newline at its end.
    let pem: String

    /// - Throws: `.failed` when what the daemon answered is no RSA key, or not the one with this id: a verifier would be given a key that
    ///   verifies nothing.
    init(_ key: KeyReport) throws(CommandFailure) {
        guard let value = key.jwk, let jwk = try? JSONDecoder().decode(JWK.self, from: Data(value.raw)) else { throw JSONScanner.foreign }
        do {
            let publicKey = try RSAPublicKey(jwk: jwk)
            guard publicKey.thumbprint == key.id, jwk.kid == key.id else {
                throw CommandFailure(
                    .failed, "the public half that the daemon gave does not belong to \(key.id)", hint: JSONScanner.foreign.hint)
            }
            pem = try publicKey.pem()
        } catch let failure as CommandFailure {
            throw failure
        } catch let error as CryptoError {
            throw CommandFailure(.failed, "the daemon gave no usable public key: \(error.message)")
        } catch {
            throw JSONScanner.foreign
        }
        self.jwk = value.raw
    }
}
