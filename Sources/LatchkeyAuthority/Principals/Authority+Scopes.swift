package import LatchkeyScopes
import LatchkeyStore
import LatchkeyVerifier

extension Authority {
    /// Scopes as a body names them.
    ///
    /// - Throws: `invalid_scope` with the offending `scope`; `invalid_request` for more than 100.
    package func parseScopes(_ texts: [String]) throws(AuthorityError) -> ScopeSet {
        do {
            return try ScopeSet.parse(texts, planes: settings.planes)
        } catch {
            if error.code == .tooMany { throw .invalid("scopes", error.message) }
            throw Self.refusal(error)
        }
    }

    /// - Throws: `invalid_scope`.
    package func parseScope(_ text: String) throws(AuthorityError) -> Scope {
        do {
            return try Scope(text, planes: settings.planes)
        } catch {
            throw Self.refusal(error)
        }
    }

    /// A scope that is only asked about.
    ///
    /// - Throws: `invalid_scope`, `org_mismatch`.
    package func parsedScope(_ text: String, by caller: Caller) throws(AuthorityError) -> Scope {
        let scope = try parseScope(text)
        try caller.requireOwn()
        return scope
    }

    /// Scopes that are only asked about.
    ///
    /// - Throws: `invalid_scope`, `invalid_request` for more than 100, `org_mismatch`.
    package func parsedScopes(_ texts: [String], by caller: Caller) throws(AuthorityError) -> ScopeSet {
        let scopes = try parseScopes(texts)
        try caller.requireOwn()
        return scopes
    }

    static func refusal(_ error: ScopeError) -> AuthorityError {
        AuthorityError(.invalidScope, error.message, details: [("scope", .text(error.scope)), ("reason", .text(error.code.rawValue))])
    }

    /// Nobody hands out more than they hold. A token holds what it was issued with, but hands out no more than its identity holds now:
    /// whoever was narrowed can't undo that, nor leave a key behind.
    ///
    /// - Parameter isBounded: false for what the identity bounds at each use anyway: there only the credential has to cover it.
    /// - Throws: `scope_escalation`, which is noted for the audit log.
    func requireCover(of scopes: ScopeSet, by caller: Caller, isBounded: Bool = true) throws {
        var grants = [caller.principal.scopes]
        if isBounded, let held = try read({ try Self.identityScopes(of: caller.principal, in: $0) }) { grants.append(held) }
        for held in grants {
            guard let missing = scopes.firstNotCovered(by: held) else { continue }
            noteDenied(.scopeEscalationDenied, missing, caller: caller)
            throw AuthorityError.escalation(missing.text, actual: held.texts)
        }
    }

    /// What the identity behind a caller holds now; none for callers without one.
    static func identityScopes(
        of principal: Principal, in transaction: borrowing some StoreReads & ~Copyable
    ) throws -> ScopeSet? {
        guard let id = principal.identityId else { return nil }
        guard let record = try transaction.get(Tables.identities, OwnedKey(principal.organisation, id)) else {
            throw AuthorityError.dead(principal)
        }
        return try scopes(of: record)
    }

    /// As `requireLive`, and once more where the write is decided: what is handed out must still be held.
    static func requireLive(
        _ principal: Principal, handing out: ScopeSet, at now: Timestamp, in transaction: borrowing WriteTransaction
    ) throws {
        try requireLive(principal, at: now, in: transaction)
        guard let held = try identityScopes(of: principal, in: transaction), let missing = out.firstNotCovered(by: held) else { return }
        throw AuthorityError.escalation(missing.text, actual: held.texts)
    }

    /// Whether the caller holds what a route asks for.
    ///
    /// - Throws: `insufficient_scope`, which is noted for the audit log.
    package func require(_ scope: Scope, of caller: Caller) throws(AuthorityError) {
        guard caller.principal.grant(of: scope) != nil else {
            noteDenied(.scopeDenied, scope, caller: caller)
            throw .insufficientScope(
                required: scope.text, actual: caller.principal.held.texts,
                "this needs the scope \(scope.text), which you don't hold")
        }
    }
}
