import LatchkeyCrypto
import LatchkeyStore
package import LatchkeyVerifier

extension AnchorRecord {
    /// 0 for the first anchor of an install.
    package var place: Int64 { number ?? 0 }

    /// The public half.
    ///
    /// - Throws: `StoreError` for a record that holds none.
    package func publicHalf() throws -> TrustAnchor {
        guard let raw = Base64URL.decode(x), let key = try? Ed25519PublicKey(raw: raw) else {
            throw StoreError(.undecodable, "the public key of the trust anchor \(id) is none; restore the store from a backup")
        }
        return TrustAnchor(key)
    }

    /// The private half; `nil` when it is not there, or does not open in its place.
    func privateHalf(by seal: Seal) -> Ed25519PrivateKey? {
        guard let sealedSeed, let seed = try? seal.open(sealedSeed, type: "anchor", id: id, version: Self.version),
            let key = try? Ed25519PrivateKey(seed: seed), Base64URL.encode(key.publicKey.raw) == x
        else { return nil }
        return key
    }

    /// A record of a new anchor, its private half sealed for its place.
    static func making(
        _ key: Ed25519PrivateKey, id: String, number: Int64, succession: AnchorSuccession?, seal: Seal, at now: Timestamp
    ) throws -> AnchorRecord {
        AnchorRecord(
            id: id, x: Base64URL.encode(key.publicKey.raw), sealedSeed: try seal.seal(key.seed, type: "anchor", id: id, version: version),
            createdAt: now, number: number, succession: succession?.text)
    }

    /// The record once another anchor is in its place: its private half is gone.
    func ended(at now: Timestamp) -> AnchorRecord {
        var record = self
        record.sealedSeed = nil
        record.endedAt = endedAt ?? now
        return record
    }
}

/// The anchors of an install, and how each came after the one before.
struct AnchorLine {
    /// All that are remembered, the first one first.
    let records: [AnchorRecord]
    /// The one that signs.
    let current: AnchorRecord

    /// - Throws: `StoreError` when the install's anchor is not there.
    init(in transaction: borrowing some StoreReads & ~Copyable) throws {
        let records = try Authority.anchors(in: transaction).sorted { ($0.place, $0.id) < ($1.place, $1.id) }
        guard let install = try transaction.get(Tables.install, InstallRecord.key),
            let current = records.first(where: { $0.id == install.anchor })
        else { throw StoreError(.corrupt, "the install's trust anchor is not there; restore the store from a backup") }
        self.records = records
        self.current = current
    }

    /// The statements that lead to the current anchor, the oldest first: the last ones, as many as a bundle carries.
    func statements() throws -> [AnchorSuccession] {
        var statements: [AnchorSuccession] = []
        var next: AnchorRecord? = current
        while let record = next, let text = record.succession, statements.count < AnchorSuccession.greatestChain {
            let statement = try AnchorSuccession(reading: text)
            statements.insert(statement, at: 0)
            next = try records.first { try $0.publicHalf().keyId.utf8.elementsEqual(statement.from.utf8) }
        }
        return statements
    }

    /// The number of the next anchor: larger than any that was given.
    func nextNumber(in transaction: borrowing some StoreReads & ~Copyable) throws -> Int64 {
        max((records.map(\.place).max() ?? 0) + 1, Int64(clamping: try TrustNumber.anchor.last(in: transaction)))
    }
}
