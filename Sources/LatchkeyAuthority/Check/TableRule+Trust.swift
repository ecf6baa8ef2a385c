import LatchkeyStore
import LatchkeyVerifier

extension TableRule {
    static let trust = [
        TableRule(Tables.anchors) { checker, transaction in
            let current = try checker.found(Tables.install, InstallRecord.key, in: transaction)?.anchor
            var keys: [String: TrustAnchor] = [:]
            var records: [AnchorRecord] = []
            var places: Set<Int64> = []
            try checker.rows(Tables.anchors, in: transaction) { id, anchor in
                guard anchor.id == id, let key = try? anchor.publicHalf() else {
                    return checker.find(
                        .impossible, Tables.anchors, "the trust anchor \(id) does not stand under its id, or its public key is none")
                }
                keys[key.keyId] = key
                records.append(anchor)
                checker.require(
                    places.insert(anchor.place).inserted, Tables.anchors, "two trust anchors have the number \(anchor.place)", .impossible)
                checker.require(
                    id == current || anchor.sealedSeed == nil, Tables.anchors,
                    "the trust anchor \(id) signs no more, and its private half is still there", .impossible)
            }
            for anchor in records {
                guard let text = anchor.succession else { continue }
                checker.require(
                    isTrue(text, of: anchor, keys), Tables.anchors,
                    "the statement by which the trust anchor \(anchor.id) came is not that of the one before", .impossible)
            }
        },
        TableRule(Tables.revocations) { checker, transaction in
            let (last, cut) = (try checker.last(.revocation, in: transaction), try checker.last(.cut, in: transaction))
            try checker.rows(Tables.revocations, in: transaction) { number, row in
                let isCut = row.kind == .identity || row.kind == .everything
                checker.require(
                    number >= 1 && number <= last && isCut == (row.cutOff != nil) && (row.kind == .everything) == row.id.isEmpty
                        && row.cutOff.map { $0.milliseconds >= 0 && UInt64($0.milliseconds) <= cut } ?? true, Tables.revocations,
                    "the revocation \(number) is not of its form, or beyond the last one", .impossible)
                try checker.expect(
                    Tables.expiries, Expiry(at: row.until, .revocation, number.storeBytes).storeKey, EmptyRow(),
                    of: "the end of the revocation \(number)", in: transaction)
                if try isAlive(row, checker, transaction) {
                    checker.find(
                        .impossible, Tables.revocations,
                        "the revocation \(number) says that \(row.id) is dead, and it lives: trust bundles would refuse good tokens")
                }
            }
            let missing = try checker.unlessUnreadable { try RevocationLog.missing(at: checker.now, in: transaction) } ?? []
            let sentences = missing.map { "no trust bundle would say that \($0.id) is revoked" }
            try checker.supply(Tables.revocations, missing: sentences, in: transaction) { transaction in
                for row in missing { try RevocationLog.note(row, in: transaction) }
            }
        },
        TableRule(Tables.bundles) { checker, transaction in
            let (last, revocation) = (try checker.last(.bundle, in: transaction), try checker.last(.revocation, in: transaction))
            try checker.rows(Tables.bundles, in: transaction) { sequence, row in
                checker.require(
                    sequence >= 1 && sequence <= last && row.revocation <= revocation && row.madeAt < row.notAfter, Tables.bundles,
                    "the trust bundle \(sequence) is beyond the last one, or is not of its form", .impossible)
            }
        },
        TableRule(Tables.trustNumbers) { checker, transaction in
            try checker.rows(Tables.trustNumbers, in: transaction) { name, row in
                checker.require(
                    TrustNumber(rawValue: name) != nil, Tables.trustNumbers, "there is a number that nothing asks for", .impossible)
                checker.require(
                    TrustNumber(rawValue: name).map { row.sequence <= $0.greatest } ?? true, Tables.trustNumbers,
                    "the number \(name) is greater than any that is given",
                    .impossible)
            }
        },
    ]

    /// Whether an anchor's predecessor says of it what its record says.
    private static func isTrue(_ text: String, of anchor: AnchorRecord, _ keys: [String: TrustAnchor]) -> Bool {
        guard let statement = try? AnchorSuccession(reading: text), let before = keys[statement.from],
            let next = try? statement.next(after: before), let own = try? anchor.publicHalf()
        else { return false }
        return next == own && statement.number == anchor.place
    }

    /// Whether a token or a session that is said to be revoked lives.
    private static func isAlive(_ row: RevocationRow, _ checker: StoreChecker, _ transaction: borrowing WriteTransaction) throws -> Bool {
        switch row.kind {
        case .token:
            guard let token = try checker.found(Tables.tokens, row.id, in: transaction), token.revokedAt == nil else { return false }
            return try checker.unlessUnreadable {
                try Authority.liveSession(token.sessionId, at: token.issuedAt, in: transaction) != nil
            } ?? false
        case .session:
            guard let session = try checker.found(Tables.sessionLiveness, row.id, in: transaction) else { return false }
            return try checker.unlessUnreadable { try Authority.liveSession(row.id, at: session.endsAt, in: transaction) != nil } ?? false
        case .identity, .everything: return false
        }
    }
}

extension StoreChecker {
    fileprivate func last(_ number: TrustNumber, in transaction: borrowing WriteTransaction) throws -> UInt64 {
        try found(Tables.trustNumbers, number.rawValue, in: transaction)?.sequence ?? 0
    }
}
