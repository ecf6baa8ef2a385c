import LatchkeyCrypto
import LatchkeyStore
import LatchkeyVerifier

/// What tokens are signed with.
enum TokenSigner: Sendable {
    case rsa(kid: String, RSAPrivateKey)
    /// In the phases of a cutover that sign HS256.
    case legacy(LegacyKey)

    var kid: String {
        switch self {
        case .rsa(let kid, _): kid
        case .legacy(let key): key.kid
        }
    }

    var isRSA: Bool {
        switch self {
        case .rsa: true
        case .legacy: false
        }
    }

    /// JWS `alg` (RFC 7518 §3.1).
    var algorithm: String {
        switch self {
        case .rsa: "RS256"
        case .legacy: LegacyKey.algorithm
        }
    }

    /// `iss` of its tokens.
    func issuer(_ settings: AuthoritySettings) -> String {
        switch self {
        case .rsa: settings.issuer
        case .legacy(let key): key.issuer
        }
    }
}

/// Who signs, in a row of the store: written in the commit that changes it, and compared in the commit of each token. So a token whose key was
/// revoked, or whose phase was left, while it was being signed is not handed out.
enum SignerRow {
    /// → `kid` of the key that signs.
    static let current = "current"
    /// There once an RSA key has signed a token.
    static let rsaUsed = "rsa-used"

    /// → seconds: for how long the JWKS may be cached, as it was served last.
    static let maxAge = "jwks-max-age"

    /// There once a key was revoked, for ever: its tokens are dead wherever they have got to, and it is never imported.
    static func revoked(_ kid: String) -> String { "revoked:" + kid }

    static func isRevoked(_ kid: String, in transaction: borrowing some StoreReads & ~Copyable) throws -> Bool {
        try transaction.contains(Tables.signer, revoked(kid))
    }
}
