import LatchkeyCrypto
import LatchkeyScopes
import LatchkeyStore
import LatchkeyVerifier

extension Authority {
    /// The principal of an API key. One look-up; whatever the reason why it does not count, the answer is the same.
    ///
    /// - Throws: `invalid_api_key`, also for a secret that is malformed, unknown, expired or revoked.
    package func authenticate(apiKey text: String, origin: RequestOrigin) throws -> Principal {
        let now = clock.now()
        guard let hash = APIKeySecret.hash(presented: text) else {
            noteBadKey("malformed", nil, origin, at: now)
            throw AuthorityError.badAPIKey
        }
        let (found, owner) = try read { transaction in
            let found = try transaction.get(Tables.apiKeysByHash, hash)
            return (found, try Self.owner(of: found, in: transaction))
        }
        // An unknown key costs what a known one does: a row is looked at in either case.
        let row = found ?? Self.decoy
        let scopes = ScopeSet.trusted(stored: row.scopes)
        let isLive = row.isLive(at: now)
        guard found != nil, isLive, owner != .gone, let scopes else {
            let reason =
                found == nil ? "unknown" : row.revokedAt != nil ? "revoked" : !isLive ? "expired" : "one of an identity that is not active"
            noteBadKey(reason, found, origin, at: now)
            throw AuthorityError.badAPIKey
        }
        uses.note(OwnedKey(row.orgId, row.id), at: now)
        var principal = Principal(
            kind: .apiKey(id: row.id, hash: hash), organisation: row.orgId, scopes: scopes, rootId: row.rootId, label: row.label)
        if case .active(let id, let bounds) = owner {
            principal.owner = id
            principal.bounds = bounds
            identityUses.note(OwnedKey(row.orgId, id), at: now)
        }
        return principal
    }

    /// Who stands behind a key.
    private enum KeyOwner: Equatable {
        case none
        case active(id: String, scopes: ScopeSet)
        case gone
    }

    private static func owner(of row: APIKeyRow?, in transaction: borrowing some StoreReads & ~Copyable) throws -> KeyOwner {
        guard let row, let id = row.identityId else { return .none }
        guard try transaction.get(Tables.identityLiveness, id)?.status == .active,
            let record = try transaction.get(Tables.identities, OwnedKey(row.orgId, id))
        else { return .gone }
        return .active(id: id, scopes: try scopes(of: record))
    }

    /// Why a key was refused is for the audit log and whoever watches, never for the answer.
    private func noteBadKey(_ reason: String, _ row: APIKeyRow?, _ origin: RequestOrigin, at now: Timestamp) {
        denials.note(
            .init(
                source: origin.address.map(ClientAddress.counted), action: .apiKeyDenied, reason: reason, subject: row?.label,
                organisation: row?.orgId), at: now)
        publish(badKeyEvent(reason, row, origin), at: now)
    }

    private func badKeyEvent(_ reason: String, _ row: APIKeyRow?, _ origin: RequestOrigin) -> EventDraft {
        var draft = EventDraft(.apiKeyDenied, denied: row?.label ?? "anonymous", organisation: row?.orgId)
        draft.message = "the API key is \(reason)"
        draft.metadata["ip"] = origin.address
        draft.requestId = origin.requestId
        return draft
    }

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
        if case .apiKey = principal.kind { throw AuthorityError.badAPIKey }
        throw AuthorityError.revokedToken
    }

    /// Whether a principal's credential still counts.
    static func isLive(_ principal: Principal, at now: Timestamp, in transaction: borrowing some StoreReads & ~Copyable) throws -> Bool {
        switch principal.kind {
        case .apiKey(_, let hash):
            guard let row = try transaction.get(Tables.apiKeysByHash, hash), row.isLive(at: now) else { return false }
            return try owner(of: row, in: transaction) != .gone
        case .token(let id, let sessionId, let identityId):
            guard let token = try transaction.get(Tables.tokens, id), now < token.expiresAt.adding(seconds: TokenPolicy.standardSkew) else {
                return false
            }
            return try liveRoot(tokenId: id, sessionId: sessionId, identityId: identityId, at: now, in: transaction) != nil
        case .legacyToken(let bearer): return try isLive(bearer, at: now, in: transaction)
        case .administrator: return true
        }
    }

    private static let decoy = APIKeyRow(
        APIKeyRecord(
            id: "ak_00000000000000000000000000", orgId: "org_00000000000000000000000000", prefix: "lk_00000000", name: "", kind: .service,
            scopes: ["relayauth:api-key:read:*"], createdAt: Timestamp(milliseconds: 0), createdBy: "", makerId: nil, rootId: "ak_",
            expiresAt: nil))

    static let everything = ScopeSet([Scope.trusted(stored: "*:*:*:*")!])
}
