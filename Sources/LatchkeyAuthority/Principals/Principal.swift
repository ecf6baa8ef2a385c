package import LatchkeyScopes

/// Who is calling now, however it authenticated.
package struct Principal: Sendable {
    package enum Kind: Sendable, Equatable {
        /// An API key; the hash finds its row again when a write is decided.
        case apiKey(id: String, hash: [UInt8])
        /// An access token.
        case token(id: String, sessionId: String, identityId: String)
        /// A token that the legacy key signed, while a cutover takes those.
        case legacyToken(LegacyBearer)
        /// A peer of the admin socket without a credential.
        case administrator(uid: UInt32)
    }

    package let kind: Kind
    package let organisation: String
    package let scopes: ScopeSet
    /// What mints are counted on; none for the administrator, whose makings are their own roots.
    package let rootId: String?
    /// How the audit log and `createdBy` name it: `api-key:<prefix>`, `org-token:<prefix>`, `identity:<id>`, `admin-socket:uid=<n>`.
    package let label: String
    /// `aud` of the token that it came with; none for other credentials.
    package var audience: [String] = []
    /// Of a self-service key: the identity that it acts as.
    var owner: String?
    /// Of a self-service key: what its identity holds now. What the key may do must be covered by this, too.
    var bounds: ScopeSet?

    /// The scope by which it may do what a scope names; none when it may not. Whoever takes the answer for a grant grants no more than it has:
    /// of its own scope and its identity's, the narrower; where neither is that, only what was asked.
    package func grant(of scope: Scope) -> Scope? {
        guard let own = scopes.match(scope) else { return nil }
        guard let bounds else { return own }
        guard let bound = bounds.match(scope) else { return nil }
        return bound.covers(own) ? own : own.covers(bound) ? bound : scope
    }

    /// What it holds, all bounds considered: of two scopes one of which covers the other, the narrower. It may do no less than this says.
    package var held: ScopeSet { bounds.map { ScopeSet(scopes.cut(to: $0).scopes + $0.cut(to: scopes).scopes) } ?? scopes }

    /// The identity behind the caller, if any.
    package var identityId: String? {
        switch kind {
        case .token(_, _, let identityId): identityId
        case .legacyToken(let bearer): bearer.isKnown ? bearer.subject : nil
        case .apiKey: owner
        case .administrator: nil
        }
    }

    /// `jti` and `sub` of the token that it came with; none for other credentials.
    var bearer: (tokenId: String, subject: String)? {
        switch kind {
        case .token(let id, _, let identityId): (id, identityId)
        case .legacyToken(let bearer): (bearer.tokenId, bearer.subject)
        case .apiKey, .administrator: nil
        }
    }

    /// Whether it is the operator on the admin socket.
    package var isAdministrator: Bool {
        if case .administrator = kind { true } else { false }
    }

    /// What the maker of a record is remembered as, so that everything that came from it can be found; none for the administrator.
    var makerId: String? {
        switch kind {
        case .apiKey(let id, _): id
        case .token(_, let sessionId, _): sessionId
        case .legacyToken(let bearer): bearer.sessionId.isEmpty ? bearer.subject : bearer.sessionId
        case .administrator: nil
        }
    }

    /// RFC 7519 `sub` of the caller.
    package var subject: String {
        switch kind {
        case .apiKey(let id, _): owner ?? "api_key:\(id)"
        case .token(_, _, let identityId): identityId
        case .legacyToken(let bearer): bearer.subject
        case .administrator: label
        }
    }
}
