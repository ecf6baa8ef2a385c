import LatchkeyCrypto

/// A refresh token: `lkr_…`, opaque, single use; or, while a cutover takes them, one of the old issuer's, which is a JWT.
struct RefreshSecret {
    let text: Secret

    var hash: [UInt8] { SHA256.hash(text) }

    static func make() throws -> RefreshSecret { RefreshSecret(text: try CheckedSecret.make(prefix: "lkr_").text) }

    /// `nil` for what is not of the form `lkr_…`.
    init?(presented: String) {
        guard let secret = CheckedSecret(presented: presented, prefix: "lkr_") else { return nil }
        text = secret.text
    }

    /// - Parameter verified: a JWT whose signature is good.
    init(legacy verified: String) { text = Secret(copying: Array(verified.utf8)) }

    private init(text: Secret) { self.text = text }

    /// The key under which the answer to this token's use is kept for the retry window: whoever does not hold the token can't open it.
    func answerKey() throws -> Secret {
        try HKDFSHA256.derive(from: text, salt: [], info: Array("latchkey refresh answer 1".utf8), count: 32)
    }
}
