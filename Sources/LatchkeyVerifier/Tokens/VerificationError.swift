/// Why a token is not good, or what it was to be held against. Two errors are equal when their reasons are.
public struct VerificationError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The fixed list of reasons, spelled as programs see them.
    public enum Reason: String, Sendable, CaseIterable {
        /// Not a compact JWS whose payload holds an access token's claims (RFC 7515 §7.1, RFC 7519 §7.2).
        case malformed
        /// The header's `alg` is not the algorithm of the key that its `kid` names.
        case algorithm
        /// No key of the set has the header's `kid`, or the header has none.
        case unknownKey = "unknown_key"
        case signature
        /// `token_type` is not `access`, or `typ` is not `JWT`.
        case tokenType = "token_type"
        case issuer
        case audience
        case notYetValid = "not_yet_valid"
        case expired
        /// The token is good but does not hold the scope that was asked for.
        case scope
        /// The key set that the token was held against is not usable.
        case keySet = "key_set"
        /// The trust bundle says that the token, its session, or all that its identity was given up to a moment, is revoked.
        case revoked
        /// Not a trust anchor, or the bundle is not signed by this one, nor by one that it leads to.
        case anchor
        /// Not a trust bundle in the form that this version reads.
        case bundle
        /// The bundle, or the anchor that signed it, is older than one that was accepted here before.
        case rollback
        /// The bundle is past its not-after.
        case frozen
        /// The bundle is not a successor of the one that was accepted here before, but of another one with its number.
        case fork
        /// The host's clock is before the moment at which the bundle was made.
        case clock
        /// What this verifier remembered of earlier bundles can't be read, can't be written, or belongs to another install.
        case state
    }

    /// For programs.
    public let reason: Reason
    /// A sentence for a person; it never holds a part of the token's signature.
    public let message: String

    package init(_ reason: Reason, _ message: String) {
        self.reason = reason
        self.message = message
    }

    public var description: String { message }

    public static func == (a: Self, b: Self) -> Bool { a.reason == b.reason }
}
