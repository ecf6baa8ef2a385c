import LatchkeyScopes
import LatchkeyStore
import LatchkeyVerifier

extension Authority {
    /// The principal of an API key. One look-up for a key that stands for itself, and the identity's rows for one that acts as an identity;
    /// whatever the reason why it does not count, the answer is the same.
    ///
    /// - Throws: `invalid_api_key`, also for a secret that is malformed, unknown, expired or revoked.
    package func authenticate(apiKey text: String, origin: RequestOrigin) throws -> Principal {
        let now = clock.now()
        guard let hash = APIKeySecret.hash(presented: text) else {
            noteBadKey("malformed", nil, origin, at: now)
            throw AuthorityError.badAPIKey
        }
        let standing = try read { try Self.keyStanding(hash, at: now, in: $0) }
        let row = standing.row
        let scopes = ScopeSet.trusted(stored: row.scopes)
        guard standing.isGood, let scopes else {
            noteBadKey(standing.reason(at: now), standing.isKnown ? row : nil, origin, at: now)
            throw AuthorityError.badAPIKey
        }
        uses.note(OwnedKey(row.orgId, row.id), at: now)
        var principal = Principal(
            kind: .apiKey(id: row.id, hash: hash), organisation: row.orgId, scopes: scopes, rootId: row.rootId, label: row.label)
        if case .active(let id, let bounds) = standing.owner {
            principal.owner = id
            principal.bounds = bounds
            identityUses.note(OwnedKey(row.orgId, id), at: now)
        }
        return principal
    }

    /// What is on record of the hash of a presented key. Every one that does not count costs the same look-ups: two rows, and where there is
    /// none to read, another one is read in its place.
    static func keyStanding(
        _ hash: [UInt8], at now: Timestamp, in transaction: borrowing some StoreReads & ~Copyable
    ) throws -> KeyStanding {
        let found = try transaction.get(Tables.apiKeysByHash, hash)
        let decoy = KeyStanding.decoy
        let row = try found ?? APIKeyRow.decode(decoy.span)
        let isLive = found != nil && row.isLive(at: now)
        if isLive, row.identityId == nil { return KeyStanding(row: row, isKnown: true, owner: .none) }
        let liveness = try transaction.get(Tables.identityLiveness, row.identityId ?? KeyStanding.nobody)
        guard isLive, let id = row.identityId, liveness?.status == .active,
            let record = try transaction.get(Tables.identities, OwnedKey(row.orgId, id))
        else { return KeyStanding(row: row, isKnown: found != nil, owner: .gone) }
        return KeyStanding(row: row, isKnown: true, owner: .active(id: id, scopes: try scopes(of: record)))
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
}
