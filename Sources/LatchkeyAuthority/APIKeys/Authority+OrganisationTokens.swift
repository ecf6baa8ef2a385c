package import LatchkeyCrypto
import LatchkeyScopes
import LatchkeyStore
import LatchkeyVerifier

extension Authority {
    /// The most organisation tokens that are listed.
    private static let mostListed = 500
    private static let noSuchToken = AuthorityError(.organisationTokenNotFound, "there is no live organisation token with that id")

    /// Mints a key that holds everything in the caller's organisation, for a caller that does so itself.
    ///
    /// - Throws: `invalid_request` (name), `scope_escalation`, `rate_limited`, `clock_unreliable`, `storage_unavailable`.
    package func mintOrganisationToken(name: String?, by caller: Caller) async throws -> (key: APIKey, secret: Secret) {
        let name = try name.map { try DisplayText.normalised($0, field: "name", scalars: 1...100) }
        try caller.requireOwn()
        try requireCover(of: Self.everything, by: caller)
        return try await mint(.organisationToken, name: name ?? "", scopes: Self.everything, expiresAt: nil, by: caller)
    }

    /// The organisation's live tokens, newest first, 500 at most.
    package func organisationTokens(by caller: Caller) throws -> [APIKey] {
        try caller.requireOwn()
        let now = clock.now()
        return try read { try Self.organisationTokens(of: caller.principal.organisation, at: now, in: $0) }
    }

    static func organisationTokens(
        of organisation: String, at now: Timestamp, in transaction: borrowing some StoreReads & ~Copyable
    ) throws -> [APIKey] {
        var found: [APIKey] = []
        var last: OwnedKey?
        repeat {
            var places: [OwnedKey] = []
            try transaction.scanKeys(
                Tables.organisationTokens, prefix: OwnedKey.prefix(organisation), after: last?.storeBytes, descending: true,
                limit: mostListed
            ) { place in
                places.append(place)
                return true
            }
            // One that has ended is in the table until upkeep comes by.
            for place in places where found.count < mostListed {
                guard let record = try transaction.get(Tables.apiKeys, place), record.isLive(at: now) else { continue }
                found.append(APIKey(record: record, lastUsedAt: try transaction.get(Tables.apiKeyUses, place)?.moment))
            }
            last = places.count < mostListed ? nil : places.last
        } while last != nil && found.count < mostListed
        return found
    }

    /// Revokes an organisation token.
    ///
    /// - Throws: `org_token_not_found`, also for one that is revoked already, and for a key of another kind; `storage_unavailable`.
    package func revokeOrganisationToken(_ id: String, by caller: Caller) async throws {
        try caller.requireOwn()
        guard Identifier.isPlausible(id, .apiKey) else { throw Self.noSuchToken }
        let place = OwnedKey(caller.principal.organisation, id)
        let now = clock.now()
        try await write(.essential) { [self] transaction in
            guard var record = try transaction.get(Tables.apiKeys, place), record.kind == .organisationToken,
                record.isLive(at: now)
            else { throw Self.noSuchToken }
            try Self.requireLive(caller.principal, at: now, in: transaction)
            record.revokedAt = now
            try end(record, at: now, in: transaction)
            try self.record(keyDraft(.apiKeyRevoked, record, caller), in: transaction)
        }
    }
}
