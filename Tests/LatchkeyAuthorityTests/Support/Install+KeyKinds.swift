@testable import LatchkeyAuthority
import LatchkeyCrypto
import LatchkeyStore
import LatchkeyVerifier
import Testing

extension Install {
    /// An install in which chains may be as long as a test wants them.
    static func unlimited() throws -> Install {
        try Install {
            $0.mintsPerHour = 0
            $0.organisationTokensPerHour = 0
        }
    }

    /// Mints a key that acts as its caller.
    func selfService(_ name: String? = nil, expiresIn: Int64? = nil, by caller: Caller) async throws -> Minted {
        let (key, secret) = try await authority.mintSelfServiceKey(
            name: name, expiresAt: expiresIn.map { clock.now().adding(seconds: $0) }, by: caller)
        return Minted(record: key.record, secret: secret.text)
    }

    func organisationToken(_ name: String? = nil, by caller: Caller? = nil) async throws -> Minted {
        let (key, secret) = try await authority.mintOrganisationToken(name: name, by: caller ?? admin)
        return Minted(record: key.record, secret: secret.text)
    }

    func rotate(_ key: Minted, overlap: Double? = nil, by caller: Caller? = nil) async throws -> Minted {
        let (new, secret) = try await authority.rotateAPIKey(key.record.id, overlapSeconds: overlap, by: caller ?? admin)
        return Minted(record: new.record, secret: secret.text)
    }

    func revoke(_ key: Minted, by caller: Caller? = nil) async throws {
        _ = try await authority.revokeAPIKey(key.record.id, reason: nil, by: caller ?? admin)
    }

    /// Revokes a key and all that came from it.
    func revokeAll(from key: Minted, by caller: Caller? = nil) async throws -> RevokedDescendants? {
        try await authority.revokeAPIKey(key.record.id, reason: "stolen", reachesDescendants: true, by: caller ?? admin).descendants
    }

    func shown(_ key: Minted) throws -> APIKeyRecord { try authority.apiKey(key.record.id, by: admin).record }

    /// Whether a key authenticates.
    func isLive(_ key: Minted) async -> Bool { await refusal { try caller(key) } == nil }

    /// Changes what an identity holds, as its administrator does.
    func give(_ scopes: [String], to identity: IdentityRecord) async throws {
        var change = IdentityChange()
        change.scopes = scopes
        _ = try await authority.updateIdentity(identity.id, change, by: admin)
    }

    /// Writes keys in one commit as mints would, without the time that so many mints take.
    func plant(_ keys: [(record: APIKeyRecord, maker: Principal)]) async throws {
        let authority = authority
        try await store.write { transaction in
            for key in keys {
                try authority.put(key.record, hash: SHA256.hash(Array(key.record.id.utf8)), by: key.maker, in: transaction)
            }
        }
    }

    /// The record of a key that is to be planted.
    func plantable(
        _ kind: APIKeyRecord.Kind, by maker: Principal, scopes: [String] = ["*:*:*:*"], expiresAt: Timestamp? = nil
    ) throws -> APIKeyRecord {
        let id = try authority.ids.make(.apiKey)
        return APIKeyRecord(
            id: id, orgId: maker.organisation, prefix: "lk_00000000", name: "planted", kind: kind, scopes: scopes,
            createdAt: clock.now(), createdBy: maker.label, makerId: maker.makerId, rootId: maker.rootId ?? id, expiresAt: expiresAt)
    }
}
