import LatchkeyScopes
import LatchkeyStore
import LatchkeyVerifier

/// What a service that was handed a token wants to know of it.
package struct TokenVerdict: Sendable {
    /// The claims as JSON, in the bytes that were signed; none when the token is not good or lacks a scope.
    package let claims: [UInt8]?
    /// Those of the required scopes that a good token does not cover.
    package let missing: [String]
}

extension Authority {
    /// The claims of an access token as JSON, in the bytes that were signed; `nil` when the token is not good now or belongs to another
    /// organisation (RFC 7662 §2.2 in the contract's form).
    package func introspect(_ text: String, by caller: Caller) throws -> [UInt8]? {
        try caller.requireOwn()
        return try goodToken(text, of: caller)?.token.payload
    }

    /// Whether a token is good now and covers scopes.
    ///
    /// - Throws: `invalid_scope`.
    package func validate(_ text: String, requiring texts: [String], by caller: Caller) throws -> TokenVerdict {
        let required = try parseScopes(texts)
        try caller.requireOwn()
        guard let (verified, principal) = try goodToken(text, of: caller) else { return TokenVerdict(claims: nil, missing: []) }
        let held = principal.scopes
        let missing = required.scopes.filter { !held.covers($0) }.map(\.text)
        if !required.isEmpty { publish(coverEvent(required, missing, verified.claims, caller), at: clock.now()) }
        return TokenVerdict(claims: missing.isEmpty ? verified.payload : nil, missing: missing)
    }

    private func coverEvent(_ required: ScopeSet, _ missing: [String], _ claims: Claims, _ caller: Caller) -> EventDraft {
        var draft = tokenEvent(
            .scopeCheck, missing.isEmpty ? .allowed : .denied, claims.tokenId, claims.subject, claims.organisation, caller.origin)
        draft.scope = missing.first ?? required.scopes.first?.text
        draft.missing = missing
        return draft
    }

    /// A token of the caller's organisation that is good now, whoever it is meant for, and who comes with it.
    private func goodToken(_ text: String, of caller: Caller) throws -> (token: VerifiedToken, principal: Principal)? {
        let now = clock.now()
        let verified = try? verifiedSignature(of: text, from: caller.origin.address)
        guard let verified, (try? policy(nil).check(verified, at: now)) != nil,
            verified.claims.organisation.utf8.elementsEqual(caller.principal.organisation.utf8)
        else {
            publish(invalidEvent("the token is not good", caller.principal.organisation, caller.origin), at: now)
            return nil
        }
        do {
            let principal = try principal(of: verified, at: now)
            publish(verifiedEvent(verified.claims, caller.origin), at: now)
            return (verified, principal)
        } catch let error as AuthorityError where error.code == .tokenRevoked || error.code == .invalidToken {
            let why = error.code == .tokenRevoked ? "the token has been revoked" : "the token does not count here"
            publish(invalidEvent(why, verified.claims.organisation, caller.origin, of: verified.claims), at: now)
            return nil
        }
    }
}
