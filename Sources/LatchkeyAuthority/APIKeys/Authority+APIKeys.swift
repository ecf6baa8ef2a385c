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
        let principal = caller.principal
        let name = try DisplayText.normalised(request.name, field: "name", scalars: 1...100)
        let scopes = try parseScopes(request.scopes)
        guard !scopes.isEmpty else {
            throw AuthorityError.invalid("scopes", "scopes must name at least one scope; a key without any can do nothing")
        }
        let now = clock.now()
        if let expiresAt = request.expiresAt, expiresAt <= now {
            throw AuthorityError.invalid("expiresAt", "expiresAt must be in the future")
        }
        try caller.requireOwn()
        try requireCover(of: scopes, by: caller)
        let secret = try APIKeySecret.make()
        let hash = secret.hash
        let id = try ids.make(.apiKey)
        let record = APIKeyRecord(
            id: id, orgId: principal.organisation, prefix: secret.prefix, name: name, kind: .service, scopes: scopes.texts, createdAt: now,
            createdBy: principal.label, makerId: principal.makerId, rootId: principal.rootId ?? id, expiresAt: request.expiresAt)
        try await write { [self] transaction in
            try Self.requireLive(principal, handing: scopes, at: now, in: transaction)
            try chargeMint(caller, at: now, in: transaction)
            try requireClock()
            let place = OwnedKey(record.orgId, record.id)
            try transaction.put(Tables.apiKeys, place, record)
            try transaction.put(Tables.apiKeysByHash, hash, APIKeyRow(record))
            try transaction.put(Tables.apiKeyHashes, place, BytesRow(hash))
            var draft = AuditDraft(.apiKeyCreated, by: caller)
            draft.resource = "api-key"
            draft.metadata = [
                "apiKeyId": record.id, "prefix": record.prefix, "name": record.name, "scopes": record.scopes.joined(separator: " "),
            ]
            try self.record(draft, in: transaction)
        }
        return (APIKey(record: record, lastUsedAt: nil), secret.text)
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

    /// Revokes a key; it authenticates nothing from the moment of the commit. Revoking again changes nothing.
    ///
    /// - Throws: `invalid_request` (reason), `api_key_not_found`, `storage_unavailable`.
    package func revokeAPIKey(_ id: String, reason: String?, by caller: Caller) async throws -> APIKey {
        let principal = caller.principal
        let reason = try reason.map { try DisplayText.normalised($0, field: "reason", scalars: 1...500) }
        try caller.requireOwn()
        let place = try apiKeyPlace(id, principal)
        let now = clock.now()
        return try await write(.essential) { [self] transaction in
            guard var record = try transaction.get(Tables.apiKeys, place) else { throw Self.noSuchKey }
            let lastUsedAt = try transaction.get(Tables.apiKeyUses, place)?.moment
            guard record.revokedAt == nil else { return APIKey(record: record, lastUsedAt: lastUsedAt) }
            try Self.requireLive(principal, at: now, in: transaction)
            record.revokedAt = now
            record.revokeReason = reason
            guard let hash = try transaction.get(Tables.apiKeyHashes, place)?.bytes else {
                throw StoreError(.corrupt, "an API key has no row to authenticate by")
            }
            try transaction.put(Tables.apiKeys, place, record)
            try transaction.put(Tables.apiKeysByHash, hash, APIKeyRow(record))
            var draft = AuditDraft(.apiKeyRevoked, by: caller)
            draft.resource = "api-key"
            draft.metadata = ["apiKeyId": record.id, "prefix": record.prefix, "name": record.name]
            draft.metadata["reason"] = reason
            try self.record(draft, in: transaction)
            return APIKey(record: record, lastUsedAt: lastUsedAt)
        }
    }

    private static let noSuchKey = AuthorityError(.apiKeyNotFound, "there is no API key with that id in your organisation")

    private func apiKeyPlace(_ id: String, _ principal: Principal) throws(AuthorityError) -> OwnedKey {
        guard Identifier.isPlausible(id, .apiKey) else { throw Self.noSuchKey }
        return OwnedKey(principal.organisation, id)
    }
}
