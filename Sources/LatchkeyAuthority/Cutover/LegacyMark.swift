import LatchkeyCrypto
import LatchkeyStore
import LatchkeyVerifier

/// What has to be remembered because tokens from elsewhere are on no record here.
enum LegacyMark {
    /// The key under which a refresh token's `jti` is spent.
    static func spent(_ tokenId: String) -> [UInt8] { SHA256.hash(Array("jti:\(tokenId)".utf8)) }

    /// The key under which an identity is known to be deleted.
    static func deleted(_ identityId: String) -> [UInt8] { SHA256.hash(Array("deleted:\(identityId)".utf8)) }

    /// Whether a mark has to outlive its end: that of a deleted identity, as long as the secret is here. Tokens of it may count again when a clock
    /// is set back, or another end of the old issuer is told, and nothing else is known of the identity any more.
    static func isNeeded(_ key: [UInt8], in transaction: borrowing some StoreReads & ~Copyable) throws -> Bool {
        guard let mark = try transaction.get(Tables.legacySpent, key)?.text, Identifier.isPlausible(mark, .identity) else { return false }
        return try transaction.get(Tables.cutover, CutoverRecord.key)?.sealedSecret != nil
    }

    /// Remembers that an identity was deleted: else its legacy tokens would pass for those of somebody who was never known here.
    static func noteDeleted(_ identityId: String, in transaction: borrowing WriteTransaction) throws {
        guard let record = try transaction.get(Tables.cutover, CutoverRecord.key), record.sealedSecret != nil else { return }
        let key = deleted(identityId)
        try transaction.put(Tables.legacySpent, key, TextRow(identityId))
        try Expiry.legacySpent(key, until: record.elsewhereUntil).note(in: transaction)
    }
}
