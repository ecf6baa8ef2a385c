import LatchkeyCrypto

/// An API key as it is shown once: `lk_…`.
struct APIKeySecret {
    private let secret: CheckedSecret

    var text: Secret { secret.text }
    var hash: [UInt8] { secret.hash }

    /// The first 11 characters, by which people tell keys apart.
    var prefix: String {
        secret.text.withBytes { bytes in
            String(decoding: (0..<11).map { bytes[$0] }, as: UTF8.self)
        }
    }

    static func make() throws -> APIKeySecret { APIKeySecret(secret: try .make(prefix: "lk_")) }

    /// The hash that a presented key is looked up by; `nil` when it is none by its form or checksum.
    static func hash(presented: String) -> [UInt8]? { CheckedSecret.hash(presented: presented, prefix: "lk_") }

    private init(secret: CheckedSecret) { self.secret = secret }
}
