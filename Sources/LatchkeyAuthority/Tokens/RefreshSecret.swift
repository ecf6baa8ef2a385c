import LatchkeyCrypto

/// A refresh token: `lkr_…`, opaque, single use.
struct RefreshSecret {
    private let secret: CheckedSecret

    var text: Secret { secret.text }
    var hash: [UInt8] { secret.hash }

    static func make() throws -> RefreshSecret { RefreshSecret(secret: try .make(prefix: "lkr_")) }

    init?(presented: String) {
        guard let secret = CheckedSecret(presented: presented, prefix: "lkr_") else { return nil }
        self.secret = secret
    }

    private init(secret: CheckedSecret) { self.secret = secret }

    /// The key under which the answer to this token's use is kept for the retry window: whoever does not hold the token can't open it.
    func answerKey() throws -> Secret {
        try HKDFSHA256.derive(from: text, salt: [], info: Array("latchkey refresh answer 1".utf8), count: 32)
    }
}
