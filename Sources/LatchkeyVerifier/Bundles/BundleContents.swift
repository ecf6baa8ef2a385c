package import LatchkeyCrypto

/// What a trust bundle says.
package struct BundleContents: Sendable, Equatable {
    /// What an id of each kind begins with.
    package static let tokenPrefix = "tok_"
    package static let sessionPrefix = "sess_"
    package static let identityPrefix = "agent_"
    package static let organisationPrefix = "org_"

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
    package var revokedTokens: IdSet
    package var revokedSessions: IdSet
    /// The moment up to and with which everything is dead that was ever issued, to whomever. What counts, here and in `cutOffs`, is when a
    /// token's id was made: the milliseconds of the ULID in its `jti`, not the whole seconds of `iat`.
    package var cutOffForAll: Timestamp?
    /// The moments up to and with which all that was issued to one identity is dead.
    package var cutOffs: CutOffs
    /// What those need who hold the legacy secret, in the phases that accept its tokens.
    package var legacy: LegacyTerms?

    package init(
        install: String, issuer: String, anchors: [AnchorSuccession] = [], sequence: Int64, previous: String?, madeAt: Timestamp,
        notAfter: Timestamp, revocation: Int64, keys: [JWK],
        revokedTokens: IdSet = IdSet(.tokens), revokedSessions: IdSet = IdSet(.sessions), cutOffForAll: Timestamp? = nil,
        cutOffs: CutOffs = CutOffs(), legacy: LegacyTerms? = nil
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
        self.cutOffForAll = cutOffForAll
        self.cutOffs = cutOffs
        self.legacy = legacy
    }

    /// What must be known of tokens that the legacy key signed (HS256) besides its secret, which no bundle holds.
    package struct LegacyTerms: Sendable, Equatable {
        package var kid: String
        /// `iss` of its tokens.
        package var issuer: String
        /// One whose `jti` this install made that is to live longer was not issued by the rules of the cutover, and does not count.
        package var until: Timestamp
        /// The same of all others: they are the old issuer's.
        package var elsewhereUntil: Timestamp
        /// Whose tokens, by `org`, are of this install.
        package var organisations: IdSet
        /// The moments up to and with which all that was issued to one subject is dead, by `iat` in whole seconds where no `jti` of this install
        /// tells it better; `until` where nothing counts of it, whenever it was issued.
        package var subjects: CutOffs

        package init(
            kid: String, issuer: String, until: Timestamp, elsewhereUntil: Timestamp, organisations: IdSet,
            subjects: CutOffs = CutOffs()
        ) {
            self.kid = kid
            self.issuer = issuer
            self.until = until
            self.elsewhereUntil = elsewhereUntil
            self.organisations = organisations
            self.subjects = subjects
        }
    }
}
