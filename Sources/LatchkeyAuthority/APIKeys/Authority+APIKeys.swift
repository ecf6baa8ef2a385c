package import LatchkeyCrypto
import LatchkeyScopes
import LatchkeyStore
import LatchkeyVerifier

extension Authority {
    /// Mints an API key for the caller's organisation. The secret leaves this process in the answer, and never again.
    ///
    /// - Throws: `invalid_request` (name, scopes, expiresAt), `invalid_scope`, `scope_escalation`, `rate_limited`, `clock_unreliable`,
    ///   `storage_unavailable`.
    package func mintAPIKey(_ request: APIKeyRequest, by caller: Caller) async throws -> (key: APIKey, secret: Secret) {
        let name = try DisplayText.normalised(request.name, field: "name", scalars: 1...100)
        let scopes = try parseScopes(request.scopes)
        guard !scopes.isEmpty else {
            throw AuthorityError.invalid("scopes", "scopes must name at least one scope; a key without any can do nothing")
        }
        try requireFuture(request.expiresAt, field: "expiresAt")
        try caller.requireOwn()
        try requireCover(of: scopes, by: caller)
        return try await mint(.service, name: name, scopes: scopes, expiresAt: request.expiresAt, by: caller)
    }

    func requireFuture(_ end: Timestamp?, field: String) throws {
        if let end, end <= clock.now() { throw AuthorityError.invalid(field, "\(field) must be in the future") }
    }

    /// Mints a key whose name and scopes have been found good. Everything that may have changed since is asked again in the write.
    func mint(
        _ kind: APIKeyRecord.Kind, name: String, scopes: ScopeSet, expiresAt: Timestamp?, owner: String? = nil, by caller: Caller
    ) async throws -> (key: APIKey, secret: Secret) {
        let principal = caller.principal
        let now = clock.now()
        let secret = try APIKeySecret.make()
        let id = try ids.make(.apiKey)
        let record = APIKeyRecord(
            id: id, orgId: principal.organisation, prefix: secret.prefix, name: name, kind: kind, scopes: scopes.texts, createdAt: now,
            createdBy: principal.label, makerId: principal.makerId, rootId: principal.rootId ?? id, identityId: owner, expiresAt: expiresAt)
        try await write { [self] transaction in
            // What a self-service key holds beyond its identity is cut at each use.
            if owner == nil {
                try Self.requireLive(principal, handing: scopes, at: now, in: transaction)
            } else {
                try Self.requireLive(principal, at: now, in: transaction)
            }
            try chargeMint(caller, of: scopes, at: now, in: transaction)
            try requireClock()
            try put(record, hash: secret.hash, by: principal, in: transaction)
            var draft = keyDraft(.apiKeyCreated, record, caller)
            draft.metadata["scopes"] = record.scopes.joined(separator: " ")
            if kind != .service { draft.metadata["kind"] = kind.rawValue }
            try self.record(draft, in: transaction)
        }
        return (APIKey(record: record, lastUsedAt: nil), secret.text)
    }

    /// Writes all rows of a new key.
    func put(_ record: APIKeyRecord, hash: [UInt8], by principal: Principal, in transaction: borrowing WriteTransaction) throws {
        let place = OwnedKey(record.orgId, record.id)
        try transaction.put(Tables.apiKeys, place, record)
        try transaction.put(Tables.apiKeysByHash, hash, APIKeyRow(record))
        try transaction.put(Tables.apiKeyHashes, place, BytesRow(hash))
        if record.kind == .organisationToken { try transaction.put(Tables.organisationTokens, place, EmptyRow()) }
        try Self.noteMaking(record.id, by: principal, in: transaction)
        try APIKeyEnd.note(record, in: transaction)
    }

    /// Writes a key's record and what authentication needs of it, after one of them has changed.
    func update(_ record: APIKeyRecord, in transaction: borrowing WriteTransaction) throws {
        let place = OwnedKey(record.orgId, record.id)
        guard let hash = try transaction.get(Tables.apiKeyHashes, place)?.bytes else {
            throw StoreError(.corrupt, "an API key has no row to authenticate by")
        }
        try transaction.put(Tables.apiKeys, place, record)
        try transaction.put(Tables.apiKeysByHash, hash, APIKeyRow(record))
        if record.revokedAt != nil {
            try transaction.delete(Tables.organisationTokens, place)
            try APIKeyEnd.forget(record, in: transaction)
        }
    }

    func keyDraft(_ action: AuditRecord.Action, _ record: APIKeyRecord, _ caller: Caller) -> AuditDraft {
        var draft = AuditDraft(action, by: caller)
        draft.resource = "api-key"
        draft.identityId = record.identityId
        draft.metadata = ["apiKeyId": record.id, "prefix": record.prefix, "name": record.name]
        return draft
    }

    /// The caller's organisation's keys, newest first, revoked ones included.
    package func apiKeys(_ page: PageRequest, by caller: Caller) throws -> Page<APIKey> {
        try caller.requireOwn()
        let principal = caller.principal
        return try read { transaction in
            var found: [APIKey] = []
            var hasMore = false
            try transaction.scan(
                Tables.apiKeys, prefix: OwnedKey.prefix(principal.organisation),
                after: page.after.map { OwnedKey(principal.organisation, $0).storeBytes }, descending: true, limit: page.limit + 1
            ) { place, record in
                guard found.count < page.limit else {
                    hasMore = true
                    return false
                }
                found.append(APIKey(record: record, lastUsedAt: try transaction.get(Tables.apiKeyUses, place)?.moment))
                return true
            }
            return Page(found, lastId: hasMore ? found.last?.record.id : nil, limit: page.limit)
        }
    }

    /// - Throws: `api_key_not_found`, also for another organisation's.
    package func apiKey(_ id: String, by caller: Caller) throws -> APIKey {
        try caller.requireOwn()
        let place = try apiKeyPlace(id, caller.principal)
        return try read { transaction in
            guard let record = try transaction.get(Tables.apiKeys, place) else { throw Self.noSuchKey }
            return APIKey(record: record, lastUsedAt: try transaction.get(Tables.apiKeyUses, place)?.moment)
        }
    }

    /// Keys that end within some days, the soonest first.
    ///
    /// - Returns: at most `limit` of them, and whether there are more.
    package func endingAPIKeys(withinDays days: Int64, limit: Int) throws -> (keys: [APIKeyRecord], hasMore: Bool) {
        let now = clock.now()
        // Moments are whole milliseconds, and a key is dead at its very end.
        let end = APIKeyEnd.prefix(now.adding(seconds: days * 86_400))
        return try read { transaction in
            var keys: [APIKeyRecord] = []
            var hasMore = false
            try transaction.scanKeys(Tables.apiKeysByEnd, from: APIKeyEnd.prefix(now.adding(milliseconds: 1)), limit: limit + 1) { place in
                guard Array(place.prefix(8)).lexicographicallyPrecedes(end) else { return false }
                guard keys.count < limit else {
                    hasMore = true
                    return false
                }
                if let key = APIKeyEnd.key(place), let record = try transaction.get(Tables.apiKeys, key) { keys.append(record) }
                return true
            }
            return (keys, hasMore)
        }
    }

    static let noSuchKey = AuthorityError(.apiKeyNotFound, "there is no API key with that id in your organisation")

    func apiKeyPlace(_ id: String, _ principal: Principal) throws(AuthorityError) -> OwnedKey {
        guard Identifier.isPlausible(id, .apiKey) else { throw Self.noSuchKey }
        return OwnedKey(principal.organisation, id)
    }
}
