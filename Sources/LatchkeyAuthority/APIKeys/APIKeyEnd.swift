import LatchkeyStore
import LatchkeyVerifier

/// API keys in the order in which they end, and what upkeep does when one is near its end.
enum APIKeyEnd {
    /// Seconds before its end at which an event tells of it.
    static let notice: Int64 = 7 * 86_400

    /// Where a key stands in the order of ends.
    static func place(_ end: Timestamp, _ key: OwnedKey) -> [UInt8] { prefix(end) + key.storeBytes }

    static func prefix(_ end: Timestamp) -> [UInt8] {
        let milliseconds = UInt64(max(0, end.milliseconds))
        return (0..<8).map { UInt8(truncatingIfNeeded: milliseconds >> (56 - 8 * $0)) }
    }

    static func key(_ place: [UInt8]) -> OwnedKey? { OwnedKey(storeBytes: Array(place.dropFirst(8))) }

    /// Notes when a key ends, and when that is to be told.
    ///
    /// - Parameter isTold: false for one that ends because it was replaced.
    static func note(_ record: APIKeyRecord, isTold: Bool = true, in transaction: borrowing WriteTransaction) throws {
        guard let end = record.expiresAt else { return }
        let key = OwnedKey(record.orgId, record.id)
        try Expiry(at: end, .apiKeyEnd, key.storeBytes).note(in: transaction)
        guard isTold else { return }
        try transaction.put(Tables.apiKeysByEnd, place(end, key), EmptyRow())
        let notice = end.adding(seconds: -notice)
        // Whoever makes a key for some days knows that it ends soon.
        if notice > record.createdAt { try Expiry(at: notice, .apiKeyNotice, key.storeBytes).note(in: transaction) }
    }

    /// Puts a key back that was to end unnoticed, because the one that replaced it was revoked: its end is near, and is told at once.
    static func noteAgain(_ record: APIKeyRecord, at now: Timestamp, in transaction: borrowing WriteTransaction) throws {
        guard let end = record.expiresAt else { return }
        let key = OwnedKey(record.orgId, record.id)
        try transaction.put(Tables.apiKeysByEnd, place(end, key), EmptyRow())
        try Expiry(at: now, .apiKeyNotice, key.storeBytes).note(in: transaction)
    }

    /// Takes a key out of the order of ends: it was revoked, or will end otherwise.
    static func forget(_ record: APIKeyRecord, in transaction: borrowing WriteTransaction) throws {
        guard let end = record.expiresAt else { return }
        let key = OwnedKey(record.orgId, record.id)
        try transaction.delete(Tables.apiKeysByEnd, place(end, key))
        try transaction.delete(Tables.expiries, Expiry(at: end, .apiKeyEnd, key.storeBytes).storeKey)
        try transaction.delete(Tables.expiries, Expiry(at: end.adding(seconds: -notice), .apiKeyNotice, key.storeBytes).storeKey)
    }
}
