package import LatchkeyCrypto

/// What a trust bundle says.
package struct BundleContents: Sendable, Equatable {
    /// What an id of a token and of a session begins with.
    package static let tokenPrefix = "tok_"
    package static let sessionPrefix = "sess_"

    package var install: String
    /// `iss` of the tokens that the keys sign.
    package var issuer: String
    /// From the first anchor, or the oldest of which a statement is still carried, to the one that signs; empty while there is but one.
    package var anchors: [AnchorSuccession]
    /// 1 for the first bundle of an install, and one more for each that follows.
    package var sequence: Int64
    /// `TrustBundle.hash` of the bundle with the number before.
    package var previous: String?
    package var madeAt: Timestamp
    package var notAfter: Timestamp
    /// Everything that was revoked up to this number is in the bundle.
    package var revocation: Int64
    /// What the JWKS shows: the signer, the standby, those in grace.
    package var keys: [JWK]
    package var revokedTokens: RevokedIds
    package var revokedSessions: RevokedIds
    /// Identity id, or `*` for every identity → the moment up to and with which all that was issued to it is dead. What counts is when the
    /// token's id was made: the milliseconds of the ULID in its `jti`, not the whole seconds of `iat`.
    package var cutOffs: [String: Timestamp]
    /// What those need who hold the legacy secret, in the phases that accept its tokens.
    package var legacy: LegacyTerms?

    package init(
        install: String, issuer: String, anchors: [AnchorSuccession] = [], sequence: Int64, previous: String?, madeAt: Timestamp,
        notAfter: Timestamp, revocation: Int64, keys: [JWK],
        revokedTokens: RevokedIds = RevokedIds(prefix: BundleContents.tokenPrefix, []),
        revokedSessions: RevokedIds = RevokedIds(prefix: BundleContents.sessionPrefix, []), cutOffs: [String: Timestamp] = [:],
        legacy: LegacyTerms? = nil
    ) {
        self.install = install
        self.issuer = issuer
        self.anchors = anchors
        self.sequence = sequence
        self.previous = previous
        self.madeAt = madeAt
        self.notAfter = notAfter
        self.revocation = revocation
        self.keys = keys
        self.revokedTokens = revokedTokens
        self.revokedSessions = revokedSessions
        self.cutOffs = cutOffs
        self.legacy = legacy
    }

    /// The name in `cutOffs` that stands for every identity of the install.
    package static let everyIdentity = "*"

    /// What must be known of tokens that the legacy key signed (HS256) besides its secret, which no bundle holds.
    package struct LegacyTerms: Sendable, Equatable {
        package var kid: String
        /// `iss` of its tokens.
        package var issuer: String
        /// A token that is to live longer was not issued by the rules of the cutover, and does not count.
        package var until: Timestamp
        /// `sub` → the moment up to and with which all that was issued to it (`iat`, in whole seconds) is dead.
        package var subjects: [String: Timestamp]

        package init(kid: String, issuer: String, until: Timestamp, subjects: [String: Timestamp] = [:]) {
            self.kid = kid
            self.issuer = issuer
            self.until = until
            self.subjects = subjects
        }
    }
}
