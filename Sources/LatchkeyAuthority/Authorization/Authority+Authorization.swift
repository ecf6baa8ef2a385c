package import LatchkeyScopes
import LatchkeyStore
import LatchkeyVerifier

/// What an identity may do with one scope, and by which of its own.
package struct ScopeVerdict: Sendable {
    /// How a grant reaches what was asked for.
    package enum Way: String, Sendable, CaseIterable {
        /// It is the very same scope.
        case exact
        /// Its action is `manage`, which implies the one asked for.
        case manage
        /// One of its parts is `*`, or its path ends in `/*`.
        case wildcard
    }

    package let matched: Scope?
    package let way: Way?

    init(_ matched: Scope?, for asked: Scope) {
        self.matched = matched
        way = matched.map { $0 == asked ? .exact : $0.action == "manage" && asked.action != "manage" ? .manage : .wildcard }
    }
}

extension Authority {
    /// Whether the caller holds a scope. For whoever asks before it acts: a proxy, a service.
    ///
    /// - Returns: the scope of the caller's that covers it.
    /// - Throws: `invalid_scope`; `invalid_token` for a token that is meant neither for this API nor for the plane asked about;
    ///   `insufficient_scope`.
    package func authorize(_ text: String, by caller: Caller) throws -> Scope {
        try authorize(parseScope(text), by: caller)
    }

    /// As ``authorize(_:by:)``, for a file path, which may hold spaces and `:`.
    package func authorize(path: String, action: String, by caller: Caller) throws -> Scope {
        let scope: Scope
        do {
            scope = try Scope(plane: "relayfile", resource: "fs", action: action, path: path, planes: settings.planes)
        } catch {
            throw Self.refusal(error)
        }
        return try authorize(scope, by: caller)
    }

    private func authorize(_ scope: Scope, by caller: Caller) throws -> Scope {
        let principal = caller.principal
        if let bearer = principal.bearer {
            let isMeant = principal.audience.contains { Self.isMeant($0, for: scope) }
            publish(audienceEvent(isMeant, bearer.tokenId, bearer.subject, caller), at: clock.now())
            guard isMeant else { throw AuthorityError.unusableToken }
        }
        try caller.requireOwn()
        let matched = principal.grant(of: scope)
        publish(checkEvent(scope, matched, caller), at: clock.now())
        guard let matched else {
            noteDenied(.scopeDenied, scope, caller: caller, isCheck: true)
            throw AuthorityError.insufficientScope(
                required: scope.text, actual: principal.held.texts, "this needs the scope \(scope.text), which you don't hold")
        }
        return matched
    }

    private func audienceEvent(_ isMeant: Bool, _ id: String, _ identityId: String, _ caller: Caller) -> EventDraft {
        var draft = tokenEvent(
            isMeant ? .tokenVerified : .tokenInvalid, isMeant ? .allowed : .denied, id, identityId, caller.principal.organisation,
            caller.origin)
        if !isMeant { draft.message = "the token is for \(caller.principal.audience.joined(separator: ", "))" }
        return draft
    }

    private static func isMeant(_ audience: String, for scope: Scope) -> Bool {
        audience.utf8.elementsEqual("relayauth".utf8) || audience.utf8.elementsEqual(scope.plane.utf8)
    }

    /// Whether an identity of the caller's organisation holds a scope; one that is not active holds nothing.
    ///
    /// - Throws: `invalid_scope`, `identity_not_found`.
    package func check(_ text: String, of identityId: String, by caller: Caller) throws -> ScopeVerdict {
        let scope = try parseScope(text)
        try caller.requireOwn()
        let (record, row) = try read { try known(identityId, caller, in: $0) }
        let matched = row.status == .active ? try Self.scopes(of: record).match(scope) : nil
        publish(checkEvent(scope, matched, caller, of: record), at: clock.now())
        return ScopeVerdict(matched, for: scope)
    }

    private func checkEvent(_ scope: Scope, _ matched: Scope?, _ caller: Caller, of identity: IdentityRecord? = nil) -> EventDraft {
        var draft = EventDraft(
            .scopeCheck, matched == nil ? .denied : .allowed, actor: caller.principal.label, organisation: caller.principal.organisation)
        draft.name = identity?.name ?? name(of: caller.principal)
        draft.identityId = identity?.id ?? caller.principal.identityId
        draft.scope = scope.text
        if matched == nil { draft.missing = [scope.text] }
        draft.matchedScope = matched?.text
        draft.plane = scope.plane
        draft.resource = scope.resource
        draft.requestId = caller.origin.requestId
        return draft
    }
}
