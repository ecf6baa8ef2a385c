import LatchkeyCrypto
import LatchkeyStore
import LatchkeyVerifier

extension Authority {
    /// A token's signature, held against the keys of this moment. Who comes with a token that the legacy key signed is noted, also in the
    /// phase that refuses it: the operator wants to know.
    func verifiedSignature(of text: String, from address: String?) throws(VerificationError) -> VerifiedToken {
        let snapshot = keys
        do {
            let verified = try signatures.verifySignature(of: text, with: snapshot.keySet)
            if verified.legacy != nil { legacyUses.note(verified.claims, from: address, at: clock.now()) }
            return verified
        } catch {
            if snapshot.keySet.legacy == nil, let former = snapshot.legacyKey, let keys = try? KeySet(JWKSet(keys: []), legacy: former),
                let verified = try? keys.verifySignature(of: text)
            {
                legacyUses.note(verified.claims, from: address, at: clock.now())
            }
            throw error
        }
    }

    /// Writes who presented legacy tokens. What can't be written now is written at the next look.
    func flushLegacyUses() async {
        guard !legacyUses.isEmpty else { return }
        let rows = legacyUses.take()
        do {
            try await write { transaction in
                guard let record = try transaction.get(Tables.cutover, CutoverRecord.key), record.phase != .purged else { return }
                for row in rows { try transaction.put(Tables.legacyUses, row.key, row) }
                try Self.makeRoom(in: transaction)
            }
        } catch {
            legacyUses.giveBack(rows)
        }
    }

    /// The oldest make room when there are more rows than are kept.
    private static func makeRoom(in transaction: borrowing WriteTransaction) throws {
        let excess = try transaction.count(Tables.legacyUses) - LegacyUseLog.most
        guard excess > 0 else { return }
        for row in try legacyUses(in: transaction).suffix(excess) { try transaction.delete(Tables.legacyUses, row.key) }
    }

    /// Who presented legacy tokens, the latest first.
    static func legacyUses(in transaction: borrowing some StoreReads & ~Copyable) throws -> [LegacyUseRow] {
        var rows: [LegacyUseRow] = []
        try transaction.scan(Tables.legacyUses, limit: .max) { _, row in
            rows.append(row)
            return true
        }
        return rows.sorted { ($0.lastSeenAt, $0.subject, $0.address) > ($1.lastSeenAt, $1.subject, $1.address) }
    }
}

extension LegacyUseRow {
    /// Each part after its length, so that no two presenters have the same key.
    var key: [UInt8] {
        var bytes: [UInt8] = []
        for part in [subject, address, audience] {
            bytes += Array("\(part.utf8.count):".utf8) + Array(part.utf8)
        }
        return SHA256.hash(bytes)
    }
}
