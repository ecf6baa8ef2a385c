import LatchkeyCrypto
import LatchkeyVerifier

extension JSONWriter {
    /// A secret of visible ASCII, as `SecretInput` takes it in; what JSON would read otherwise is escaped.
    mutating func member(_ name: StaticString, secret: Secret) {
        key(name)
        let needsEscapes = secret.withBytes { bytes in
            bytes.indices.contains { bytes[$0] == UInt8(ascii: "\"") || bytes[$0] == UInt8(ascii: "\\") }
        }
        // No token has such characters: what is sent then is no secret, and will be refused.
        if needsEscapes { string("") } else { secret.withBytes { ascii($0) } }
    }

    /// A secret that is escaped already, as `PrivateKeyInput` gives it.
    mutating func member(_ name: StaticString, escaped secret: Secret) {
        key(name)
        secret.withBytes { ascii($0) }
    }
}
