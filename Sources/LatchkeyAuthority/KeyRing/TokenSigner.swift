import LatchkeyCrypto
import LatchkeyStore

/// What tokens are signed with.
enum TokenSigner: Sendable {
    case rsa(kid: String, RSAPrivateKey)

    var kid: String {
        switch self {
        case .rsa(let kid, _): kid
        }
    }

    var isRSA: Bool {
        switch self {
        case .rsa: true
        }
    }

    /// A signature on the calling thread: for a probe, or a test.
    func sign(_ message: [UInt8]) throws -> [UInt8] {
        switch self {
        case .rsa(_, let key): try key.sign(message)
        }
    }

    /// JWS `alg` (RFC 7518 §3.1).
    var algorithm: StaticString {
        switch self {
        case .rsa: "RS256"
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

    /// There while a revoked key is remembered: its tokens are dead wherever they have got to.
    static func revoked(_ kid: String) -> String { "revoked:" + kid }

    static func isRevoked(_ kid: String, in transaction: borrowing some StoreReads & ~Copyable) throws -> Bool {
        try transaction.contains(Tables.signer, revoked(kid))
    }
}
