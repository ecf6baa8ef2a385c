import LatchkeyScopes
import LatchkeyStore
import LatchkeyVerifier

extension Authority {
    /// Who comes with a token whose signature, type, issuer, audience and times are good.
    ///
    /// - Throws: `token_revoked` for one that is not live, `invalid_token` for one that does not count here.
    func principal(of token: VerifiedToken, at now: Timestamp) throws -> Principal {
        token.legacy == nil ? try ownPrincipal(token, at: now) : try legacyPrincipal(token, at: now)
    }

    private func ownPrincipal(_ token: VerifiedToken, at now: Timestamp) throws -> Principal {
        let claims = token.claims
        let root = try read { transaction in
            try Self.liveRoot(tokenId: claims.tokenId, sessionId: claims.sessionId, identityId: claims.subject, at: now, in: transaction)
        }
        guard let root else { throw AuthorityError.revokedToken }
        guard let scopes = ScopeSet.trusted(stored: claims.scopes) else { throw AuthorityError.unusableToken }
        return Principal(
            kind: .token(id: claims.tokenId, sessionId: claims.sessionId, identityId: claims.subject), organisation: claims.organisation,
            scopes: scopes, rootId: root, label: "identity:\(claims.subject)", audience: claims.audience)
    }

    private func legacyPrincipal(_ token: VerifiedToken, at now: Timestamp) throws -> Principal {
        var bearer = LegacyBearer(token)
        guard let record = keys.ring.cutover else { throw AuthorityError.unusableToken }
        switch try read({ try bearer.standing(record, at: now, in: $0) }) {
        case .dead: throw AuthorityError.revokedToken
        case .foreign: throw AuthorityError.unusableToken
        case .live(let root, let isKnown):
            bearer.isKnown = isKnown
            return Principal(
                kind: .legacyToken(bearer), organisation: bearer.organisation, scopes: legacyScopes(token.claims.scopes), rootId: root,
                label: "identity:\(bearer.subject)", audience: token.claims.audience)
        }
    }

    /// The scopes of a legacy token that are scopes here. One that is not grants nothing.
    func legacyScopes(_ texts: [String]) -> ScopeSet { ScopeSet(texts.compactMap { try? Scope($0, planes: settings.planes) }) }

    /// Whether a caller's legacy token still counts, where a write is decided: its phase may have been left since it came in.
    static func isLive(_ bearer: LegacyBearer, at now: Timestamp, in transaction: borrowing some StoreReads & ~Copyable) throws -> Bool {
        guard now < bearer.expiresAt.adding(seconds: TokenPolicy.standardSkew),
            let record = try transaction.get(Tables.cutover, CutoverRecord.key), record.phase.verifiesLegacy,
            case .live = try bearer.standing(record, at: now, in: transaction)
        else { return false }
        return true
    }
}
