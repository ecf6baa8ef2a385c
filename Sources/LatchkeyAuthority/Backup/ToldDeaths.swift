import LatchkeyStore
import LatchkeyVerifier

/// What the replaced log tells of keys that died after the backup: their records may be what can't be read.
struct ToldDeaths {
    /// API key → when it was revoked.
    private(set) var revokedAPIKeys: [String: Timestamp] = [:]
    /// `kid`s.
    private(set) var revokedSigningKeys: Set<String> = []
    private(set) var retiredSigningKeys: Set<String> = []

    /// - Parameter last: the number of the last entry that the backup knows.
    init(_ source: ReplacedStore, after last: UInt64, in old: borrowing WriteTransaction) throws {
        var (keys, revoked, retired): ([String: Timestamp], Set<String>, Set<String>) = ([:], [], [])
        try source.rows(Tables.audit, from: (last + 1).storeBytes, in: old) { sequence, entry in
            guard sequence > last, let told = try? entry.record(), told.result == .allowed else { return }
            switch told.action {
            case .apiKeyRevoked: if let id = told.metadata["apiKeyId"] { keys[id] = told.timestamp }
            case .keyRevoked: if let kid = told.metadata["kid"] { revoked.insert(kid) }
            case .keyRetired: if let kid = told.metadata["kid"] { retired.insert(kid) }
            default: break
            }
        }
        (revokedAPIKeys, revokedSigningKeys, retiredSigningKeys) = (keys, revoked, retired)
    }
}
