import LatchkeyScopes
import LatchkeyStore
import LatchkeyVerifier

extension Authority {
    /// The most links of a sponsor chain (contract §5).
    static let longestSponsorChain = 10

    /// Creates an identity in the caller's organisation.
    ///
    /// - Throws: `invalid_request`, `invalid_scope`, `scope_escalation`, `identity_already_exists`, `sponsor_chain_too_long`,
    ///   `rate_limited` (for one that holds everything), `storage_unavailable`.
    package func createIdentity(_ request: IdentityRequest, by caller: Caller) async throws -> Identity {
        let principal = caller.principal
        let wanted = try checked(request, organisation: principal.organisation)
        try caller.requireOwn()
        try requireCover(of: wanted.scopes, by: caller)
        let now = clock.now()
        let id = try ids.make(.identity)
        return try await write { [self] transaction in
            try Self.requireLive(principal, handing: wanted.scopes, at: now, in: transaction)
            try Self.requireFree(wanted.name, principal.organisation, in: transaction)
            var chain = [wanted.sponsorId]
            if let parent = principal.identityId {
                guard let record = try transaction.get(Tables.identities, OwnedKey(principal.organisation, parent)) else {
                    throw AuthorityError.dead(principal)
                }
                chain = record.sponsorChain
            }
            let record = IdentityRecord(
                id: id, orgId: principal.organisation, name: wanted.name, type: wanted.type, workspaceId: wanted.workspaceId,
                status: .active, scopes: wanted.scopes.texts, roles: wanted.roles, metadata: wanted.metadata,
                sponsorId: wanted.sponsorId, sponsorChain: try Self.chain(chain, id), createdAt: now, updatedAt: now,
                createdBy: principal.label, parentId: principal.identityId, makerId: principal.makerId, rootId: principal.rootId ?? id)
            let row = IdentityRow(orgId: record.orgId, status: .active, epoch: 0, cutOffAt: nil)
            try chargeIdentity(caller, of: wanted.scopes, at: now, in: transaction)
            try add(record, row, caller: caller, in: transaction)
            return Identity(record: record, lastActiveAt: nil)
        }
    }

    /// - Throws: `identity_not_found`, also for another organisation's.
    package func identity(_ id: String, by caller: Caller) throws -> Identity {
        try caller.requireOwn()
        guard Identifier.isPlausible(id, .identity) else { throw Self.noSuchIdentity }
        return try read { transaction in
            guard let record = try transaction.get(Tables.identities, OwnedKey(caller.principal.organisation, id)) else {
                throw Self.noSuchIdentity
            }
            return Identity(record: record, lastActiveAt: try lastActive(record, in: transaction))
        }
    }

    static let noSuchIdentity = AuthorityError(.identityNotFound, "there is no identity with that id in your organisation")

    private struct Checked {
        let name: String
        let sponsorId: String
        let type: IdentityRecord.Kind
        let scopes: ScopeSet
        let roles: [String]
        let metadata: [String: String]
        let workspaceId: String
    }

    private func checked(_ request: IdentityRequest, organisation: String) throws -> Checked {
        var type = IdentityRecord.Kind.agent
        if let text = request.type { type = try Self.identityType(text) }
        return Checked(
            name: try DisplayText.normalised(request.name, field: "name", scalars: 1...100),
            sponsorId: try DisplayText.normalised(request.sponsorId, field: "sponsorId", scalars: 1...128),
            type: type,
            scopes: try parseScopes(request.scopes ?? []),
            roles: try Self.checkedRoles(request.roles ?? []),
            metadata: try Self.checkedMetadata(request.metadata ?? [:]),
            workspaceId: try request.workspaceId.map { try Self.checkedWorkspace($0, organisation) } ?? organisation)
    }

    /// Any name, but another organisation's id: who goes by `wks` would take the token for one of theirs.
    private static func checkedWorkspace(_ text: String, _ organisation: String) throws(AuthorityError) -> String {
        let workspace = try DisplayText.normalised(text, field: "workspaceId", scalars: 1...128)
        guard !Identifier.isPlausible(workspace, .organisation) || workspace.utf8.elementsEqual(organisation.utf8) else {
            throw .invalid("workspaceId", "workspaceId is the id of another organisation; choose a name of your own")
        }
        return workspace
    }

    static func identityType(_ text: String) throws(AuthorityError) -> IdentityRecord.Kind {
        guard let type = IdentityRecord.Kind(rawValue: text) else { throw .invalid("type", "type must be agent, human or service") }
        return type
    }

    static func checkedRoles(_ roles: [String]) throws(AuthorityError) -> [String] {
        guard roles.count <= 50 else { throw .invalid("roles", "at most 50 roles are kept") }
        var checked: [String] = []
        for role in roles { checked.append(try DisplayText.normalised(role, field: "roles", scalars: 1...100)) }
        return checked
    }

    static func checkedMetadata(_ metadata: [String: String]) throws(AuthorityError) -> [String: String] {
        guard metadata.count <= 50 else { throw .invalid("metadata", "at most 50 pairs of metadata are kept") }
        var checked: [String: String] = [:]
        for (name, value) in metadata {
            let name = try DisplayText.normalised(name, field: "metadata", scalars: 1...100)
            let value = try DisplayText.normalised(value, field: "metadata", scalars: 0...1000)
            guard checked.updateValue(value, forKey: name) == nil else {
                throw .invalid("metadata", "metadata has the name \(name) twice, in two spellings of the same characters")
            }
        }
        return checked
    }
}
