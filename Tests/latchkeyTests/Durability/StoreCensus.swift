@testable import LatchkeyAuthority
import LatchkeyStore

/// What a store holds, held against itself: every row that is derived from another must be there, once, and nothing beside.
struct StoreCensus {
    /// API key id → audit entries that tell of its mint.
    private(set) var keyEntries: [String: Int] = [:]
    /// `jti` → audit entries that tell of its issue.
    private(set) var tokenEntries: [String: Int] = [:]
    /// What does not fit together, as sentences.
    private(set) var faults: [String] = []

    init(stateDirectory: String) throws {
        let store = try Store.open(directory: stateDirectory + "/store", schema: Tables.schema(writer: "test"))
        defer { store.close() }
        self = try store.read { transaction in
            var census = StoreCensus()
            try census.readAudit(transaction)
            try census.checkKeys(transaction)
            try census.checkTokens(transaction)
            return census
        }
    }

    private init() {}

    private mutating func readAudit(_ transaction: borrowing ReadTransaction) throws {
        var next: UInt64 = 1
        var entries: [AuditRecord] = []
        try transaction.scan(Tables.audit, limit: .max) { sequence, entry in
            entries.append(try entry.record())
            return true
        }
        for entry in entries {
            if entry.seq != next { faults.append("audit entry \(entry.seq) stands where \(next) should") }
            next = entry.seq + 1
            if AuditEntryId(entry.id)?.place != AuditIndex.Place(entry.timestamp, entry.seq) {
                faults.append("the id of audit entry \(entry.id) does not lead to it")
            }
            for key in AuditIndex.keys(of: entry) where try !transaction.contains(Tables.auditIndex, key) {
                faults.append("audit entry \(entry.id) lacks a row of the index")
            }
            switch entry.action {
            case .apiKeyCreated: keyEntries[entry.metadata["apiKeyId"] ?? "", default: 0] += 1
            case .tokenIssued, .tokenRefreshed: tokenEntries[entry.metadata["tokenId"] ?? "", default: 0] += 1
            default: break
            }
        }
        let rows = entries.reduce(0) { $0 + AuditIndex.keys(of: $1).count }
        let indexed = try transaction.count(Tables.auditIndex)
        if indexed != rows { faults.append("\(entries.count) audit entries have \(indexed) index rows, not \(rows)") }
    }

    private mutating func checkKeys(_ transaction: borrowing ReadTransaction) throws {
        var records: [(OwnedKey, APIKeyRecord)] = []
        try transaction.scan(Tables.apiKeys, limit: .max) { place, record in
            records.append((place, record))
            return true
        }
        for (place, record) in records {
            let row = try transaction.get(Tables.apiKeyHashes, place).flatMap { try transaction.get(Tables.apiKeysByHash, $0.bytes) }
            if row != APIKeyRow(record) { faults.append("API key \(record.id) does not authenticate as it is listed") }
            if keyEntries[record.id] != 1 { faults.append("API key \(record.id) has \(keyEntries[record.id] ?? 0) audit entries") }
        }
        let counts = try [transaction.count(Tables.apiKeyHashes), transaction.count(Tables.apiKeysByHash), keyEntries.count]
        if counts != [records.count, records.count, records.count] {
            faults.append("\(records.count) API keys have \(counts) rows and entries")
        }
    }

    private mutating func checkTokens(_ transaction: borrowing ReadTransaction) throws {
        var rows: [(String, TokenRow)] = []
        try transaction.scan(Tables.tokens, limit: .max) { id, row in
            rows.append((id, row))
            return true
        }
        for (id, row) in rows {
            let hasSession =
                try transaction.contains(Tables.sessions, row.sessionId) && transaction.contains(Tables.sessionLiveness, row.sessionId)
            let isListed = try transaction.contains(Tables.tokensByIdentity, OwnedKey(row.identityId, id))
            if !hasSession { faults.append("token \(id) has no session") }
            if !isListed { faults.append("token \(id) is not among its identity's") }
            if tokenEntries[id] != 1 { faults.append("token \(id) has \(tokenEntries[id] ?? 0) audit entries") }
        }
        let counts = try [transaction.count(Tables.tokensByIdentity), tokenEntries.count, transaction.count(Tables.refreshTokens)]
        if counts != [rows.count, rows.count, rows.count] { faults.append("\(rows.count) tokens have \(counts) rows and entries") }
    }
}
