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
        let life = try accessLife(request.expiresIn)
        try caller.requireOwn()
        for _ in 0..<Self.attempts {
            let plan = try planIssue(request.identityId, asked: asked, audience: audience, life: life, caller: caller)
            let signed = try await sign(plan)
            if try await commitIssue(signed, life: life, caller: caller) { return signed.pair }
        }
        throw AuthorityError(.storageUnavailable, "the identity is being changed again and again; try again")
    }

    private func planIssue(_ id: String, asked: ScopeSet, audience: [String]?, life: Int64, caller: Caller) throws -> PairPlan {
        let principal = caller.principal
        guard Identifier.isPlausible(id, .identity) else { throw Self.noSuchIdentity }
        let found = try read { transaction -> (IdentityRecord, IdentityRow)? in
            guard let record = try transaction.get(Tables.identities, OwnedKey(principal.organisation, id)),
                let row = try transaction.get(Tables.identityLiveness, id)
            else { return nil }
            return (record, row)
        }
        guard let (identity, row) = found else { throw Self.noSuchIdentity }
        switch row.status {
        case .active: break
        case .suspended:
            throw AuthorityError(.identitySuspended, "the identity is suspended; it gets no token", details: [("identityId", .text(id))])
        case .retired:
            throw AuthorityError(.identityRetired, "the identity is retired; it gets no token", details: [("identityId", .text(id))])
        }
        guard let held = ScopeSet.trusted(stored: identity.scopes) else {
            throw StoreError(.undecodable, "an identity's scopes are not of their form")
        }
        let granted = try grant(asked, held: held, caller: caller)
        let now = clock.now()
        let end = now.adding(seconds: AuthoritySettings.sessionLife)
        return PairPlan(
            identity: identity, ground: row, sessionId: try ids.make(.session), tokenId: try ids.make(.token), scopes: granted,
            audience: audience ?? defaultAudience(of: granted), issuedAt: now, accessExpiresAt: min(now.adding(seconds: life), end),
            refreshExpiresAt: min(now.adding(seconds: settings.refreshTokenTTL), end))
    }

    /// What is asked for must be covered by the identity and by the caller; what is not asked for is what both cover.
    private func grant(_ asked: ScopeSet, held: ScopeSet, caller: Caller) throws -> ScopeSet {
        let callers = caller.principal.scopes
        guard !asked.isEmpty else {
            let granted = held.cut(to: callers)
            if granted.isEmpty, let first = held.scopes.first {
                noteDenied(.scopeEscalationDenied, reason: first.text, caller: caller)
                throw AuthorityError.escalation(first.text, actual: callers.texts)
            }
            return granted
        }
        if let missing = asked.firstNotCovered(by: held) {
            noteDenied(.scopeDenied, reason: missing.text, caller: caller)
            throw AuthorityError.insufficientScope(
                required: missing.text, actual: held.texts, "the identity does not hold \(missing.text), so its token can't")
        }
        try requireCover(of: asked, by: caller)
        return asked
    }

    /// - Returns: false when the identity changed since the plan was made.
    private func commitIssue(_ signed: SignedPair, life: Int64, caller: Caller) async throws -> Bool {
        let plan = signed.plan
        let principal = caller.principal
        return try await write { [self] transaction in
            try Self.requireLive(principal, at: plan.issuedAt, in: transaction)
            guard try isGround(plan, in: transaction) else { return false }
            let end = plan.issuedAt.adding(seconds: AuthoritySettings.sessionLife)
            try transaction.put(
                Tables.sessions, plan.sessionId,
                SessionRecord(
                    id: plan.sessionId, orgId: plan.identity.orgId, identityId: plan.identity.id, scopes: plan.scopes.texts,
                    audience: plan.audience,
                    accessTTL: life, refreshTTL: settings.refreshTokenTTL, startedAt: plan.issuedAt, endsAt: end,
                    startedBy: principal.label,
                    makerId: principal.makerId))
            try transaction.put(
                Tables.sessionLiveness, plan.sessionId,
                SessionRow(
                    orgId: plan.identity.orgId, identityId: plan.identity.id, rootId: principal.rootId ?? plan.identity.rootId,
                    epoch: plan.ground.epoch,
                    endsAt: end, revokedAt: nil))
            try Expiry(at: end.adding(seconds: 120), .session, Array(plan.sessionId.utf8)).note(in: transaction)
            try signed.put(in: transaction)
            try record(
                tokenDraft(.tokenIssued, actor: principal.label, origin: caller.origin, plan: plan), at: plan.issuedAt, in: transaction)
            return true
        }
    }

    /// Whether the identity still is what the plan was made on. The record is compared too: its scopes may have been narrowed.
    func isGround(_ plan: PairPlan, in transaction: borrowing WriteTransaction) throws -> Bool {
        guard try transaction.get(Tables.identityLiveness, plan.identity.id) == plan.ground,
            let record = try transaction.get(Tables.identities, OwnedKey(plan.identity.orgId, plan.identity.id))
        else { return false }
        return record.updatedAt == plan.identity.updatedAt && record.scopes == plan.identity.scopes
    }

    func tokenDraft(_ action: AuditRecord.Action, actor: String, origin: RequestOrigin, plan: PairPlan) -> AuditDraft {
        var draft = AuditDraft(action, actor: actor, organisation: plan.identity.orgId)
        draft.origin = origin
        draft.identityId = plan.identity.id
        draft.workspaceId = plan.identity.workspaceId
        draft.resource = "token"
        draft.metadata = ["tokenId": plan.tokenId, "sessionId": plan.sessionId, "scopes": plan.scopes.texts.joined(separator: " ")]
        return draft
    }
}
