import LatchkeyScopes
import LatchkeyStore
import LatchkeyVerifier

extension Authority {
    /// How often a decision is made anew when the identity changed while its token was being signed.
    private static let attempts = 4

    /// Issues a token pair for an identity, and starts its session.
    ///
    /// - Throws: `invalid_request`, `invalid_scope`, `identity_not_found`, `identity_suspended`, `identity_retired`, `insufficient_scope`
    ///   (the identity does not hold a scope), `scope_escalation` (the caller does not), `signing_unavailable`, `storage_unavailable`.
    package func issueToken(_ request: TokenRequest, by caller: Caller) async throws -> TokenPair {
        let asked = try parseScopes(request.scopes ?? [])
        let audience = try request.audience.map { try Self.checkedAudience($0) }
        let life = try Self.askedLife(request.expiresIn)
        try caller.requireOwn()
        for _ in 0..<Self.attempts {
            let plan = try planIssue(request.identityId, asked: asked, audience: audience, life: life, caller: caller)
            let signed = try await sign(plan)
            if try await commitIssue(signed, caller: caller) { return signed.pair }
        }
        throw Self.unsettled
    }

    static let unsettled = AuthorityError(.storageUnavailable, "the identity is being changed again and again; try again")

    private func planIssue(_ id: String, asked: ScopeSet, audience: [String]?, life: Int64?, caller: Caller) throws -> PairPlan {
        let (identity, row, rules) = try ground(id, caller)
        let granted = try grant(asked.isEmpty ? nil : asked, held: try Self.scopes(of: identity), caller: caller)
        return try plan(identity, row, rules, granted, audience: audience, life: life)
    }

    /// The identity that a token is asked for, as it is now, and what its organisation allows.
    ///
    /// - Throws: `identity_not_found`, `identity_suspended`, `identity_retired`.
    func ground(_ id: String, _ caller: Caller) throws -> (IdentityRecord, IdentityRow, OrganisationRules) {
        let organisation = caller.principal.organisation
        guard Identifier.isPlausible(id, .identity) else { throw Self.noSuchIdentity }
        let found = try read { transaction -> (IdentityRecord, IdentityRow, OrganisationRules)? in
            guard let record = try transaction.get(Tables.identities, OwnedKey(organisation, id)),
                let row = try transaction.get(Tables.identityLiveness, id)
            else { return nil }
            return (record, row, OrganisationRules(try organisationRecord(organisation, in: transaction), settings))
        }
        guard let found else { throw Self.noSuchIdentity }
        switch found.1.status {
        case .active: return found
        case .suspended:
            throw AuthorityError(
                .identitySuspended, "the identity is suspended; nothing is issued for it", details: [("identityId", .text(id))])
        case .retired:
            throw AuthorityError(
                .identityRetired, "the identity is retired; nothing is issued for it", details: [("identityId", .text(id))])
        }
    }

    static func scopes(of identity: IdentityRecord) throws -> ScopeSet {
        guard let held = ScopeSet.trusted(stored: identity.scopes) else {
            throw StoreError(.undecodable, "an identity's scopes are not of their form")
        }
        return held
    }

    /// A first token pair of a new session.
    ///
    /// - Parameter life: seconds that the access token is to live; the organisation's default when absent, its maximum at most.
    func plan(
        _ identity: IdentityRecord, _ row: IdentityRow, _ rules: OrganisationRules, _ granted: ScopeSet, audience: [String]?, life: Int64?
    ) throws -> PairPlan {
        let now = clock.now()
        let end = now.adding(seconds: AuthoritySettings.sessionLife)
        // No token outlives its key's time in the JWKS, which is reckoned from the longest life that is noted with the key.
        let longest = keys.ring.active?.longestToken ?? rules.maxTokenTTL
        let life = min(life ?? rules.defaultTokenTTL, rules.maxTokenTTL, longest)
        return PairPlan(
            identity: identity, ground: row, sessionId: try ids.make(.session), tokenId: try ids.make(.token), scopes: granted,
            audience: audience ?? defaultAudience(of: granted), issuedAt: now, accessLife: life,
            accessExpiresAt: min(now.adding(seconds: life), end),
            refreshExpiresAt: min(now.adding(seconds: settings.refreshTokenTTL), end))
    }

    /// What is asked for must be covered by the identity and by the caller; what is not asked for is what both cover.
    func grant(_ asked: ScopeSet?, held: ScopeSet, caller: Caller) throws -> ScopeSet {
        let callers = caller.principal.scopes
        guard let asked else {
            var granted = held.cut(to: callers)
            if let now = try read({ try Self.identityScopes(of: caller.principal, in: $0) }) { granted = granted.cut(to: now) }
            if granted.isEmpty, let first = held.scopes.first {
                noteDenied(.scopeEscalationDenied, first, caller: caller)
                throw AuthorityError.escalation(first.text, actual: callers.texts)
            }
            return granted
        }
        if let missing = asked.firstNotCovered(by: held) {
            noteDenied(.scopeDenied, missing, caller: caller)
            throw AuthorityError.insufficientScope(
                required: missing.text, actual: held.texts, "the identity does not hold \(missing.text), so its token can't")
        }
        try requireCover(of: asked, by: caller)
        return asked
    }

    /// - Returns: false when the identity or the signer changed since the plan was made.
    private func commitIssue(_ signed: SignedPair, caller: Caller) async throws -> Bool {
        let plan = signed.plan
        return try await write { [self] transaction in
            try Self.requireLive(caller.principal, handing: plan.scopes, at: plan.issuedAt, in: transaction)
            guard try isStill(signed, in: transaction) else { return false }
            try startSession(signed, caller: caller, in: transaction)
            return true
        }
    }

    /// Writes a session with its first token pair, and the entry that tells of it.
    ///
    /// - Parameter note: what the entry says besides.
    func startSession(
        _ signed: SignedPair, caller: Caller, _ action: AuditRecord.Action = .tokenIssued, note: [String: String] = [:],
        in transaction: borrowing WriteTransaction
    ) throws {
        let plan = signed.plan
        let principal = caller.principal
        let end = plan.issuedAt.adding(seconds: AuthoritySettings.sessionLife)
        try transaction.put(
            Tables.sessions, plan.sessionId,
            SessionRecord(
                id: plan.sessionId, orgId: plan.identity.orgId, identityId: plan.identity.id, scopes: plan.scopes.texts,
                audience: plan.audience, accessTTL: plan.accessLife, refreshTTL: settings.refreshTokenTTL, startedAt: plan.issuedAt,
                endsAt: end, startedBy: principal.label, makerId: principal.makerId))
        try transaction.put(
            Tables.sessionLiveness, plan.sessionId,
            SessionRow(
                orgId: plan.identity.orgId, identityId: plan.identity.id, rootId: principal.rootId ?? plan.identity.rootId,
                epoch: plan.ground.epoch, endsAt: end, revokedAt: nil))
        try Self.noteMaking(plan.sessionId, by: principal, in: transaction)
        try Expiry.session(plan.sessionId, until: end).note(in: transaction)
        try signed.put(in: transaction)
        var draft = tokenDraft(action, actor: principal.label, origin: caller.origin, plan: plan)
        draft.metadata.merge(note) { first, _ in first }
        try record(draft, in: transaction)
    }

    /// Whether the identity still is what the plan was made on. The record is compared too: its scopes may have been narrowed.
    func isGround(_ identity: IdentityRecord, _ row: IdentityRow, in transaction: borrowing WriteTransaction) throws -> Bool {
        guard try transaction.get(Tables.identityLiveness, identity.id) == row,
            let record = try transaction.get(Tables.identities, OwnedKey(identity.orgId, identity.id))
        else { return false }
        return record.scopes == identity.scopes
    }

    func tokenDraft(_ action: AuditRecord.Action, actor: String, origin: RequestOrigin, plan: PairPlan) -> AuditDraft {
        var draft = AuditDraft(action, actor: actor, organisation: plan.identity.orgId)
        draft.origin = origin
        draft.identityId = plan.identity.id
        draft.workspaceId = plan.identity.workspaceId
        draft.plane = "relayauth"
        draft.resource = "token"
        draft.metadata = ["tokenId": plan.tokenId, "sessionId": plan.sessionId, "scopes": plan.scopes.texts.joined(separator: " ")]
        return draft
    }
}
