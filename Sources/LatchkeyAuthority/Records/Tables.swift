package import LatchkeyStore
package import LatchkeyVerifier

/// Every table of the store. The slots are the schema: a slot never changes its meaning within a schema version.
package enum Tables {
    /// `InstallRecord.key` → the install.
    package static let install = Table<String, InstallRecord>("install", slot: 0)
    /// Organisation id → organisation.
    package static let organisations = Table<String, OrganisationRecord>("organisations", slot: 1)
    /// `kid` → signing key.
    package static let signingKeys = Table<String, SigningKeyRecord>("signing-keys", slot: 2)
    /// Anchor id → trust anchor.
    package static let anchors = Table<String, AnchorRecord>("anchors", slot: 3)

    /// (organisation, key id) → API key.
    package static let apiKeys = Table<OwnedKey, APIKeyRecord>("api-keys", slot: 4)
    /// SHA-256 of the secret → what authentication needs.
    package static let apiKeysByHash = Table<[UInt8], APIKeyRow>("api-keys-by-hash", slot: 5)
    /// (organisation, key id) → SHA-256 of the secret.
    package static let apiKeyHashes = Table<OwnedKey, BytesRow>("api-key-hashes", slot: 6)
    /// (organisation, key id) → last use.
    package static let apiKeyUses = Table<OwnedKey, MomentRow>("api-key-uses", slot: 7)

    /// (organisation, identity id) → identity.
    package static let identities = Table<OwnedKey, IdentityRecord>("identities", slot: 8)
    /// Identity id → liveness.
    package static let identityLiveness = Table<String, IdentityRow>("identity-liveness", slot: 9)
    /// (organisation, SHA-256 of the name) → identity id.
    package static let identitiesByName = Table<[UInt8], TextRow>("identities-by-name", slot: 10)
    /// (organisation, filter, identity id): what lists with a filter walk.
    package static let identitiesByFilter = Table<[UInt8], EmptyRow>("identities-by-filter", slot: 11)
    /// (organisation, parent id / child id): who an identity created.
    package static let identitiesByParent = Table<OwnedKey, EmptyRow>("identities-by-parent", slot: 12)

    /// Session id → session.
    package static let sessions = Table<String, SessionRecord>("sessions", slot: 13)
    /// Session id → liveness.
    package static let sessionLiveness = Table<String, SessionRow>("session-liveness", slot: 14)
    /// `jti` → access token.
    package static let tokens = Table<String, TokenRow>("tokens", slot: 15)
    /// (identity id, `jti`): an identity's tokens.
    package static let tokensByIdentity = Table<OwnedKey, EmptyRow>("tokens-by-identity", slot: 16)
    /// SHA-256 of the secret → refresh token.
    package static let refreshTokens = Table<[UInt8], RefreshRow>("refresh-tokens", slot: 17)
    /// SHA-256 of a used refresh token → the answer that its use had, sealed under the token itself.
    package static let refreshAnswers = Table<[UInt8], BytesRow>("refresh-answers", slot: 18)

    /// Sequence number → audit entry.
    package static let audit = Table<UInt64, AuditEntry>("audit", slot: 19)
    /// (organisation, field, value, moment, sequence number): what queries of the log walk.
    package static let auditIndex = Table<[UInt8], EmptyRow>("audit-index", slot: 20)
    /// (organisation, identity id) → last use.
    package static let identityUses = Table<OwnedKey, MomentRow>("identity-uses", slot: 21)

    /// Root or client address → token bucket.
    package static let mintBuckets = Table<[UInt8], BucketRow>("mint-buckets", slot: 22)
    /// (moment, kind, key): what upkeep removes, and when.
    package static let expiries = Table<[UInt8], EmptyRow>("expiries", slot: 23)
    /// Identity id → how many identities came from it.
    package static let identityDescendants = Table<String, SequenceRow>("identity-descendants", slot: 24)

    /// `ClockRow` → a moment that the clock has reached.
    package static let clock = Table<String, MomentRow>("clock", slot: 25)
    /// `SignerRow` → who signs, and what has signed.
    package static let signer = Table<String, TextRow>("signer", slot: 26)
    /// `CutoverRecord.key` → the move from HS256 to RS256.
    package static let cutover = Table<String, CutoverRecord>("cutover", slot: 27)
    /// SHA-256 of (subject, address, audience) → who still presents legacy tokens.
    package static let legacyUses = Table<[UInt8], LegacyUseRow>("legacy-uses", slot: 28)
    /// SHA-256 of the `jti` of a legacy refresh token that was spent → the session that came of it; SHA-256 of the id of an identity that was
    /// deleted while legacy tokens may speak for it → its id. `LegacyMark` makes the keys.
    package static let legacySpent = Table<[UInt8], TextRow>("legacy-spent", slot: 29)

    /// (maker, what it made): a key or a session, and the keys, identities and sessions that came from it; an identity, and those that its
    /// tokens and self-service keys made.
    package static let makings = Table<OwnedKey, EmptyRow>("makings", slot: 30)
    /// (organisation, key id): organisation tokens that are live.
    package static let organisationTokens = Table<OwnedKey, EmptyRow>("organisation-tokens", slot: 31)
    /// (moment, organisation, key id): API keys in the order in which they end.
    package static let apiKeysByEnd = Table<[UInt8], EmptyRow>("api-keys-by-end", slot: 32)
    /// (what was made, its maker): the rows of `makings` the other way round.
    package static let makers = Table<OwnedKey, EmptyRow>("makers", slot: 33)

    /// Number → what was revoked: what bundles are made of.
    package static let revocations = Table<UInt64, RevocationRow>("revocations", slot: 34)
    /// Sequence → a trust bundle that was given out: the newest, and those that may still be in use.
    package static let bundles = Table<UInt64, BundleRow>("bundles", slot: 35)
    /// `TrustNumber` → a number that only grows.
    package static let trustNumbers = Table<String, SequenceRow>("trust-numbers", slot: 36)

    /// Place in post-order → hash: the tree over the entries of the audit log. `AuditLog` writes it.
    package static let auditTree = Table<UInt64, TreeHashRow>("audit-tree", slot: 37)
    /// Leaf → how the entries are numbered whose leaves stand from there on.
    package static let auditLog = Table<UInt64, AuditSpanRow>("audit-log", slot: 38)
    /// Size of the log → the checkpoint that was signed over it.
    package static let checkpoints = Table<UInt64, CheckpointRow>("checkpoints", slot: 39)
    /// Block of leaves → those that have no entry any more, and why.
    package static let auditRemoved = Table<UInt64, RemovedLeavesRow>("audit-removed", slot: 40)

    package static let all: [any AnyTable] = [
        install, organisations, signingKeys, anchors, apiKeys, apiKeysByHash, apiKeyHashes, apiKeyUses, identities, identityLiveness,
        identitiesByName, identitiesByFilter, identitiesByParent, sessions, sessionLiveness, tokens, tokensByIdentity, refreshTokens,
        refreshAnswers, audit,
        auditIndex, identityUses, mintBuckets, expiries, identityDescendants, clock, signer, cutover, legacyUses,
        legacySpent, makings, organisationTokens, apiKeysByEnd, makers, revocations, bundles, trustNumbers,
        auditTree, auditLog, checkpoints, auditRemoved,
    ]

    /// The version of the schema.
    package static let version = 2

    /// The schema.
    ///
    /// - Parameters:
    ///   - writer: the program's version, told to whoever opens a newer store with an older program.
    ///   - now: asked once when an older store is brought forward.
    package static func schema(writer: String, now: @escaping @Sendable () -> Timestamp = { SystemClock().now() }) -> Schema {
        Schema(application: "latchkey", version: version, writer: writer, tables: all, migrations: migrations(now))
    }
}
