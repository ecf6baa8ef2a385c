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

    init?(presented: String) {
        guard let secret = CheckedSecret(presented: presented, prefix: "lk_") else { return nil }
        self.secret = secret
    }

    private init(secret: CheckedSecret) { self.secret = secret }
}
