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
        return try goodToken(text, of: caller)?.payload
    }

    /// Whether a token is good now and covers scopes.
    ///
    /// - Throws: `invalid_scope`.
    package func validate(_ text: String, requiring texts: [String], by caller: Caller) throws -> TokenVerdict {
        let required = try parseScopes(texts)
        try caller.requireOwn()
        guard let verified = try goodToken(text, of: caller), let held = ScopeSet.trusted(stored: verified.claims.scopes) else {
            return TokenVerdict(claims: nil, missing: [])
        }
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

    /// A token of the caller's organisation that is good now, whoever it is meant for.
    private func goodToken(_ text: String, of caller: Caller) throws -> VerifiedToken? {
        let now = clock.now()
        let verified = try? goodToken(text, audiences: nil, at: now)
        guard let verified, verified.claims.organisation.utf8.elementsEqual(caller.principal.organisation.utf8) else {
            publish(invalidEvent("the token is not good", caller.principal.organisation, caller.origin), at: now)
            return nil
        }
        let claims = verified.claims
        let root = try read { transaction in
            try Self.liveRoot(tokenId: claims.tokenId, sessionId: claims.sessionId, identityId: claims.subject, at: now, in: transaction)
        }
        guard root != nil else {
            publish(invalidEvent("the token has been revoked", claims.organisation, caller.origin, of: claims), at: now)
            return nil
        }
        publish(verifiedEvent(claims, caller.origin), at: now)
        return verified
    }
}
