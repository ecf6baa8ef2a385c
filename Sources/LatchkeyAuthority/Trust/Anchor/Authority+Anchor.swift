import LatchkeyCrypto
import LatchkeyStore
package import LatchkeyVerifier

/// The trust anchor of this install, and those that it follows.
package struct AnchorReport: Sendable {
    package let installId: String
    /// The one that signs.
    package let current: TrustAnchor
    /// 0 for the first one of this install.
    package let number: Int64
    package let createdAt: Timestamp
    /// What leads to it from anchors that a verifier may hold, the oldest first.
    package let statements: [AnchorSuccession]
    /// Those before it, the oldest first.
    package let former: [Former]

    package struct Former: Sendable {
        package let anchor: TrustAnchor
        package let number: Int64
        package let createdAt: Timestamp
        package let endedAt: Timestamp?
    }
}

extension Authority {
    package func anchorReport() throws -> AnchorReport {
        let line = try read { try AnchorLine(in: $0) }
        return AnchorReport(
            installId: install.id, current: try line.current.publicHalf(), number: line.current.place, createdAt: line.current.createdAt,
            statements: try line.statements(),
            former: try line.records.filter { $0.id != line.current.id }.map {
                AnchorReport.Former(anchor: try $0.publicHalf(), number: $0.place, createdAt: $0.createdAt, endedAt: $0.endedAt)
            })
    }

    /// The statements that lead to the anchor that signs, the oldest first.
    static func anchorChain(in transaction: borrowing some StoreReads & ~Copyable) throws -> [AnchorSuccession] {
        try AnchorLine(in: transaction).statements()
    }

    /// The anchor that signs, with its private half.
    ///
    /// - Throws: `signing_unavailable`.
    func anchorKey(in transaction: borrowing some StoreReads & ~Copyable) throws -> (record: AnchorRecord, key: Ed25519PrivateKey) {
        let record = try AnchorLine(in: transaction).current
        guard let seal = sealing.seal, let key = record.privateHalf(by: seal) else { throw Self.anchorOutOfReach }
        return (record, key)
    }

    static let anchorOutOfReach = AuthorityError(
        .signingUnavailable,
        "nothing can be signed with the trust anchor now: its private half can't be opened; latchkey seal status says why")

    /// Lets a new trust anchor follow the one that there is, on its word: the old one signs the new one, and its private half is destroyed, in
    /// one commit. Verifiers that hold the old one are led to the new one by each bundle from then on.
    ///
    /// - Throws: `signing_unavailable`, `clock_unreliable`, `storage_unavailable`.
    package func succeedAnchor(by caller: Caller) async throws -> AnchorReport {
        try caller.requireOwn()
        try requireClock()
        let id = try ids.make(.anchor)
        let fresh = try Ed25519PrivateKey.generate()
        try await write(.essential) { [self] transaction in
            try requireClock()
            let now = clock.nowOnRecord()
            try Self.requireLive(caller.principal, at: now, in: transaction)
            guard let seal = try currentSeal(in: transaction), var install = try transaction.get(Tables.install, InstallRecord.key) else {
                throw Self.anchorOutOfReach
            }
            let line = try AnchorLine(in: transaction)
            let (old, key) = try anchorKey(in: transaction)
            let (from, to) = (TrustAnchor(key.publicKey), TrustAnchor(fresh.publicKey))
            let number = try line.nextNumber(in: transaction)
            let statement = try AnchorSuccession.make(
                install: install.id, from: from, to: to, number: number, madeAt: now, sign: { try key.sign($0) })
            try transaction.put(Tables.anchors, old.id, old.ended(at: now))
            try transaction.put(
                Tables.anchors, id, .making(fresh, id: id, number: number, succession: statement, seal: seal, at: now))
            install.anchor = id
            try transaction.put(Tables.install, InstallRecord.key, install)
            var draft = AuditDraft(.anchorSucceeded, by: caller)
            draft.resource = "anchor"
            draft.metadata = ["from": from.keyId, "to": to.keyId, "fingerprint": to.fingerprint, "number": String(number)]
            try record(draft, in: transaction)
        }
        return try anchorReport()
    }
}
