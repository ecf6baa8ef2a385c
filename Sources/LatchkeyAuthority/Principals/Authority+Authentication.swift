import LatchkeyCrypto
import LatchkeyScopes
import LatchkeyStore
import LatchkeyVerifier

extension Authority {
    /// The principal of an access token of this install that is meant for one of `audiences`.
    ///
    /// - Parameter audiences: `nil` takes a token for anybody, for a route that holds the audience against what is asked there.
    /// - Throws: `invalid_token` with one sentence for everything that is wrong with the token itself; only once its signature has
    ///   verified, `token_expired` and `token_revoked`.
    package func authenticate(
        token text: String, audiences: [String]? = ["relayauth"], origin: RequestOrigin = RequestOrigin()
    ) throws -> Principal {
        let now = clock.now()
        let token: VerifiedToken
        do {
            token = try verifiedSignature(of: text, from: origin.address)
        } catch {
            publish(invalidEvent(error.message, nil, origin), at: now)
            throw AuthorityError.unusableToken
        }
        // From here on the claims are the word of a key of this install.
        let claims = token.claims
        do {
            try policy(audiences).check(token, at: now)
        } catch {
            publish(invalidEvent(error.message, claims.organisation, origin, of: claims), at: now)
            if error.reason == .expired { throw AuthorityError(.tokenExpired, "the token has expired; get a new one") }
            throw AuthorityError.unusableToken
        }
        let principal: Principal
        do {
            principal = try self.principal(of: token, at: now)
        } catch let error as AuthorityError where error.code == .tokenRevoked || error.code == .invalidToken {
            let why = error.code == .tokenRevoked ? "the token has been revoked" : "the token does not count here"
            publish(invalidEvent(why, claims.organisation, origin, of: claims), at: now)
            throw error
        }
        if let identity = principal.identityId { identityUses.note(OwnedKey(principal.organisation, identity), at: now) }
        // Where the audience is still to be held against what is asked, nothing is verified yet.
        if audiences != nil { publish(verifiedEvent(claims, origin), at: now) }
        return principal
    }

    func verifiedEvent(_ claims: Claims, _ origin: RequestOrigin) -> EventDraft {
        tokenEvent(.tokenVerified, .allowed, claims.tokenId, claims.subject, claims.organisation, origin)
    }

    /// An event about a token whose signature is ours.
    func tokenEvent(
        _ type: AuthorityEvent.Check, _ result: AuditRecord.Result, _ tokenId: String, _ identityId: String, _ organisation: String,
        _ origin: RequestOrigin
    ) -> EventDraft {
        var draft = EventDraft(type, result, actor: "identity:\(identityId)", organisation: organisation)
        draft.identityId = identityId
        draft.metadata = ["tokenId": tokenId]
        draft.requestId = origin.requestId
        return draft
    }

    /// - Parameter claims: only those whose signature has verified.
    func invalidEvent(_ message: String, _ organisation: String?, _ origin: RequestOrigin, of claims: Claims? = nil) -> EventDraft {
        var draft = EventDraft(
            .tokenInvalid, .denied, actor: claims.map { "identity:\($0.subject)" } ?? "anonymous", organisation: organisation)
        draft.identityId = claims?.subject
        draft.metadata["tokenId"] = claims?.tokenId
        draft.message = message
        draft.metadata["ip"] = origin.address
        draft.requestId = origin.requestId
        return draft
    }

    /// A peer of the admin socket that the listener's door has let in: the administrator of the organisation that it names, else of the
    /// first.
    ///
    /// - Throws: `org_not_found` for an organisation that does not exist.
    package func administrator(uid: UInt32, organisation: String?) throws -> Principal {
        var named = firstOrganisation
        if let organisation {
            guard Identifier.isPlausible(organisation, .organisation), try read({ try $0.contains(Tables.organisations, organisation) })
            else {
                throw AuthorityError(.organisationNotFound, "there is no organisation with that id")
            }
            named = organisation
        }
        return Principal(
            kind: .administrator(uid: uid), organisation: named, scopes: Self.everything, rootId: nil, label: "admin-socket:uid=\(uid)")
    }

    func policy(_ audiences: [String]?) -> TokenPolicy { TokenPolicy(issuer: settings.issuer, audiences: audiences) }

    /// The session's root when token, session and identity are all live, and the token's key was not revoked; `nil` when one is not, or is not known here.
    static func liveRoot(
        tokenId: String, sessionId: String, identityId: String, at now: Timestamp, in transaction: borrowing some StoreReads & ~Copyable
    ) throws -> String? {
        guard let token = try transaction.get(Tables.tokens, tokenId), token.revokedAt == nil, token.sessionId == sessionId,
            token.identityId == identityId, try !SignerRow.isRevoked(token.keyId, in: transaction),
            let session = try liveSession(sessionId, at: now, in: transaction), session.identityId == identityId
        else { return nil }
        return session.rootId
    }

    /// The session when it and its identity are live.
    static func liveSession(_ id: String, at now: Timestamp, in transaction: borrowing some StoreReads & ~Copyable) throws -> SessionRow? {
        guard let session = try transaction.get(Tables.sessionLiveness, id), session.revokedAt == nil,
            now < session.endsAt.adding(seconds: 60),
            let identity = try transaction.get(Tables.identityLiveness, session.identityId), identity.status == .active,
            identity.epoch == session.epoch
        else { return nil }
        return session
    }

    /// Asked again where a write is decided: a credential that died since the request came in decides nothing any more.
    static func requireLive(_ principal: Principal, at now: Timestamp, in transaction: borrowing WriteTransaction) throws {
        guard try !isLive(principal, at: now, in: transaction) else { return }
        throw AuthorityError.dead(principal)
    }

    /// Whether a principal's credential still counts.
    static func isLive(_ principal: Principal, at now: Timestamp, in transaction: borrowing some StoreReads & ~Copyable) throws -> Bool {
        switch principal.kind {
        case .apiKey(_, let hash):
            return try keyStanding(hash, at: now, in: transaction).isGood
        case .token(let id, let sessionId, let identityId):
            guard let token = try transaction.get(Tables.tokens, id), now < token.expiresAt.adding(seconds: TokenPolicy.standardSkew) else {
                return false
            }
            return try liveRoot(tokenId: id, sessionId: sessionId, identityId: identityId, at: now, in: transaction) != nil
        case .legacyToken(let bearer): return try isLive(bearer, at: now, in: transaction)
        case .administrator: return true
        }
    }

    static let everything = ScopeSet([Scope.trusted(stored: "*:*:*:*")!])
}
