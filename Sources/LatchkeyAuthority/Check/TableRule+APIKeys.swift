import LatchkeyScopes
import LatchkeyStore
import LatchkeyVerifier

extension TableRule {
    static let apiKeys = [
        TableRule(Tables.apiKeys) { checker, transaction in
            try checker.rows(Tables.apiKeys, in: transaction) { place, record in
                let id = record.id
                checker.require(
                    place == OwnedKey(record.orgId, id), Tables.apiKeys, "the API key \(id) does not stand under its organisation and id",
                    .impossible)
                checker.require(
                    try transaction.contains(Tables.organisations, record.orgId), Tables.apiKeys,
                    "the API key \(id) is of an organisation that is not there")
                checker.require(
                    ScopeSet.trusted(stored: record.scopes) != nil, Tables.apiKeys, "the scopes of the API key \(id) are not of their form",
                    .impossible)
                try checkOwner(of: record, checker, transaction)
                try checkHash(of: record, at: place, checker, transaction)
                try checkMaking(id, of: record.orgId, by: record.makerId, record.createdBy, checker, transaction)
                guard record.revokedAt == nil else { return }
                let expiry = record.expiresAt.map { Expiry(at: $0, .apiKeyEnd, place.storeBytes).storeKey }
                // Once upkeep has seen its end, what lists it as live is gone.
                let isListed = try expiry.map { try record.expiresAt! > checker.now || transaction.contains(Tables.expiries, $0) } ?? true
                guard isListed else { return }
                if record.kind == .organisationToken {
                    try checker.expect(
                        Tables.organisationTokens, place, EmptyRow(), of: "the live organisation token \(id)", in: transaction)
                }
                guard let end = record.expiresAt, let expiry else { return }
                try checker.expect(Tables.expiries, expiry, EmptyRow(), of: "the end of the API key \(id)", in: transaction)
                if !record.isReplaced {
                    try checker.expect(
                        Tables.apiKeysByEnd, APIKeyEnd.place(end, place), EmptyRow(), of: "the API key \(id), which ends", in: transaction)
                }
            }
        },
        TableRule(Tables.apiKeyHashes) { checker, transaction in
            try checker.rows(Tables.apiKeyHashes, in: transaction) { place, hash in
                checker.require(
                    try transaction.contains(Tables.apiKeys, place), Tables.apiKeyHashes,
                    "the way to the secret of \(place.id) leads from no API key")
                checker.require(
                    try checker.found(Tables.apiKeysByHash, hash.bytes, in: transaction)?.id == place.id, Tables.apiKeyHashes,
                    "the API key \(place.id) does not lead to what it authenticates by")
            }
        },
        TableRule(Tables.apiKeysByHash) { checker, transaction in
            try checker.rows(Tables.apiKeysByHash, in: transaction) { hash, row in
                let place = OwnedKey(row.orgId, row.id)
                guard hash.count == 32, let record = try checker.found(Tables.apiKeys, place, in: transaction) else {
                    return checker.find(.dangling, Tables.apiKeysByHash, "a secret authenticates as \(row.id), which is no API key")
                }
                checker.require(
                    try checker.found(Tables.apiKeyHashes, place, in: transaction)?.bytes == hash, Tables.apiKeysByHash,
                    "a second secret authenticates as the API key \(record.id)", .impossible)
            }
        },
        TableRule(Tables.apiKeyUses, isDerived: true) { checker, transaction in
            try checker.rows(Tables.apiKeyUses, in: transaction) { place, _ in
                guard try !transaction.contains(Tables.apiKeys, place) else { return }
                try checker.strike(Tables.apiKeyUses, place, "a last use is noted of \(place.id), which is no API key", in: transaction)
            }
        },
        TableRule(Tables.organisationTokens, isDerived: true) { checker, transaction in
            try checker.rows(Tables.organisationTokens, in: transaction) { place, _ in
                let record = try checker.found(Tables.apiKeys, place, in: transaction)
                if let record, record.kind == .organisationToken, record.revokedAt == nil { return }
                try checker.strike(
                    Tables.organisationTokens, place, "\(place.id) is listed as a live organisation token, and is none", in: transaction)
            }
        },
        TableRule(Tables.apiKeysByEnd, isDerived: true) { checker, transaction in
            try checker.rows(Tables.apiKeysByEnd, in: transaction) { key, _ in
                if let place = APIKeyEnd.key(key), let record = try checker.found(Tables.apiKeys, place, in: transaction),
                    record.revokedAt == nil, let end = record.expiresAt, APIKeyEnd.place(end, place) == key
                {
                    return
                }
                try checker.strike(Tables.apiKeysByEnd, key, "an API key is listed with an end that it does not have", in: transaction)
            }
        },
    ]

    private static func checkOwner(
        of record: APIKeyRecord, _ checker: StoreChecker, _ transaction: borrowing WriteTransaction
    ) throws {
        guard record.kind == .selfService, record.revokedAt == nil else { return }
        guard let owner = record.identityId,
            let identity = try checker.found(Tables.identities, OwnedKey(record.orgId, owner), in: transaction)
        else { return checker.find(.dangling, Tables.apiKeys, "the self-service key \(record.id) lives on, and its identity is gone") }
        checker.require(
            identity.status != .retired, Tables.apiKeys, "the self-service key \(record.id) lives on, and its identity is retired",
            .impossible)
    }

    /// What authenticates is the record once more, found by a hash that only it and its row know.
    private static func checkHash(
        of record: APIKeyRecord, at place: OwnedKey, _ checker: StoreChecker, _ transaction: borrowing WriteTransaction
    ) throws {
        guard let hash = try checker.found(Tables.apiKeyHashes, place, in: transaction)?.bytes, hash.count == 32,
            try checker.found(Tables.apiKeysByHash, hash, in: transaction)?.id == record.id
        else { return checker.find(.dangling, Tables.apiKeys, "nothing authenticates as the API key \(record.id)") }
        try checker.expect(
            Tables.apiKeysByHash, hash, APIKeyRow(record), of: "what the API key \(record.id) authenticates by", in: transaction)
    }
}
