import LatchkeyScopes
import LatchkeyStore
import LatchkeyVerifier

extension Authority {
    private struct CheckedChange: Sendable {
        var name: String?
        var type: IdentityRecord.Kind?
        var scopes: ScopeSet?
        var roles: [String]?
        var metadata: [String: String]?

        var isEmpty: Bool { name == nil && type == nil && scopes == nil && roles == nil && metadata == nil }
    }

    /// Changes what an identity is called, what it is and what it holds. Tokens that were issued keep the scopes that they were issued
    /// with; the next refresh cuts them to what is held then.
    ///
    /// - Throws: `invalid_request`, `invalid_scope`, `identity_not_found`, `identity_retired`, `scope_escalation`,
    ///   `identity_already_exists`, `rate_limited` (when it comes to hold everything), `storage_unavailable`.
    package func updateIdentity(_ id: String, _ change: IdentityChange, by caller: Caller) async throws -> Identity {
        var wanted = CheckedChange()
        wanted.name = try change.name.map { try DisplayText.normalised($0, field: "name", scalars: 1...100) }
        wanted.type = try change.type.map { try Self.identityType($0) }
        wanted.scopes = try change.scopes.map { try parseScopes($0) }
        wanted.roles = try change.roles.map { try Self.checkedRoles($0) }
        wanted.metadata = try change.metadata.map { try Self.checkedMetadata($0) }
        guard !wanted.isEmpty else {
            throw AuthorityError.invalid("name", "there is nothing to change: name, type, scopes, roles or metadata")
        }
        try caller.requireOwn()
        // Whether it is there comes before whether the caller may hand the scopes out (contract §1).
        let found = try read { try known(id, caller, in: $0).0 }
        try Self.requireUnretired(found)
        if let scopes = wanted.scopes { try requireCover(of: scopes, by: caller) }
        let now = clock.now()
        let checked = wanted
        return try await write { [self] transaction in
            try Self.requireLive(caller.principal, handing: checked.scopes ?? ScopeSet([]), at: now, in: transaction)
            let (old, _) = try known(id, caller, in: transaction)
            try Self.requireUnretired(old)
            var record = old
            record.type = checked.type ?? old.type
            record.scopes = checked.scopes?.texts ?? old.scopes
            record.roles = checked.roles ?? old.roles
            record.metadata = checked.metadata ?? old.metadata
            if let name = checked.name, !name.utf8.elementsEqual(old.name.utf8) {
                try Self.requireFree(name, old.orgId, in: transaction)
                record.name = name
            }
            // What is so already is no change, and no entry.
            guard record != old else { return Identity(record: old, lastActiveAt: try lastActive(old, in: transaction)) }
            if let scopes = checked.scopes, record.scopes != old.scopes {
                try chargeIdentity(caller, of: scopes, at: now, in: transaction)
            }
            record.updatedAt = now
            try IdentityIndex.put(record, replacing: old, in: transaction)
            var draft = identityDraft(.identityUpdated, record, caller)
            if record.name != old.name { draft.metadata["oldName"] = old.name }
            if record.scopes != old.scopes { draft.metadata["scopes"] = record.scopes.joined(separator: " ") }
            if record.type != old.type { draft.metadata["type"] = record.type.rawValue }
            if record.roles != old.roles { draft.metadata["roles"] = record.roles.joined(separator: ", ") }
            if record.metadata != old.metadata { draft.metadata["metadata"] = "changed" }
            try self.record(draft, in: transaction)
            return Identity(record: record, lastActiveAt: try lastActive(record, in: transaction))
        }
    }

    /// - Throws: `identity_already_exists`.
    static func requireFree(_ name: String, _ organisation: String, in transaction: borrowing some StoreReads & ~Copyable) throws {
        guard try transaction.contains(Tables.identitiesByName, IdentityIndex.nameKey(organisation, name)) else { return }
        throw AuthorityError(.identityAlreadyExists, "an identity of this name exists; choose another name")
    }

    private static func requireUnretired(_ record: IdentityRecord) throws(AuthorityError) {
        guard record.status == .retired else { return }
        throw AuthorityError(
            .identityRetired, "the identity is retired; it stays as it is", details: [("identityId", .text(record.id))])
    }
}
