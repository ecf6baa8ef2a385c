import LatchkeyStore
import LatchkeyVerifier

/// How far a revocation reaches: here it is effective with its commit, elsewhere somebody may not have heard of it.
extension Authority {
    /// Tokens that are looked at one by one to find the last one that ends; beyond that, the latest end that they can have is told.
    private static let mostLookedAt = 1000

    /// Who may go on to accept what a change has revoked, and until when, the skew that verifiers allow included: nobody, when no token of it
    /// lives. Waits for a bundle that is being made: it may have fixed its number before the revocation, and be given out after this answer.
    ///
    /// One that begins later fixes its number after the revocation, and has it.
    ///
    /// - Throws: `CancellationError`.
    package func stillAccepting(_ marks: RevocationMarks) async throws -> [KeyHolder] {
        try await aside { [self] in
            try await bundleTurns.settled()
            return try holders(marks)
        }
    }

    private func holders(_ marks: RevocationMarks) throws -> [KeyHolder] {
        let now = clock.now()
        var holders: [KeyHolder] = []
        let (numbers, earlier) = (
            marks.numbers, marks.earlier.flatMap { now < $0.until.adding(seconds: TokenPolicy.standardSkew) ? $0 : nil }
        )
        let latest = try [numbers.flatMap { try latestEnd(of: $0, at: now) }, earlier?.until].compactMap(\.self).max()
        if let latest {
            let end = latest.adding(seconds: TokenPolicy.standardSkew)
            holders.append(KeyHolder(who: "verifiers that have nothing but the JWKS: they learn of no revocation", until: end))
            if let (sequence, notAfter) = try bundles(without: numbers?.upperBound, madeBy: earlier?.at, at: now) {
                holders.append(.holdingBundles(upTo: sequence, until: min(end, notAfter.adding(seconds: TokenPolicy.standardSkew))))
            }
        }
        if marks.reachesIdentities, let cutover = keys.ring.cutover, cutover.phase.verifiesLegacy, now < cutover.elsewhereUntil {
            holders.append(
                KeyHolder(
                    who: "verifiers that hold the legacy secret: tokens from elsewhere are on no record here",
                    until: cutover.elsewhereUntil.adding(seconds: TokenPolicy.standardSkew)))
        }
        return holders
    }

    /// The newest bundle that may be in use and does not hold all up to a revocation, or was made by a moment, and the latest not-after of
    /// these.
    private func bundles(
        without revocation: UInt64?, madeBy moment: Timestamp?, at now: Timestamp
    ) throws -> (sequence: UInt64, notAfter: Timestamp)? {
        // A bundle's moment is when its number was fixed, and a revocation is committed a little after its own.
        let latest = moment?.adding(seconds: TokenPolicy.standardSkew)
        var found: (sequence: UInt64, notAfter: Timestamp)?
        var after: UInt64? = 0
        while let start = after {
            after = nil
            try read { transaction in
                var seen = 0
                try transaction.scan(Tables.bundles, after: start.storeBytes, limit: RevokedThings.page) { sequence, row in
                    seen += 1
                    if seen == RevokedThings.page { after = sequence }
                    let isWithout = revocation.map { row.revocation < $0 } ?? false
                    if isWithout || latest.map({ row.madeAt <= $0 }) ?? false, !row.isOver(at: now) {
                        found = (sequence, max(found?.notAfter ?? row.notAfter, row.notAfter))
                    }
                    return true
                }
            }
        }
        return found
    }

    /// The newest bundle that was made by a moment; none when none is remembered.
    func newestBundle(madeBy moment: Timestamp, in transaction: borrowing some StoreReads & ~Copyable) throws -> UInt64? {
        var newest: UInt64?
        try transaction.scan(Tables.bundles, descending: true, limit: RevokedThings.page) { sequence, row in
            if row.madeAt <= moment { newest = sequence }
            return newest == nil
        }
        return newest
    }

    /// When the last token ends that was revoked under these numbers.
    private func latestEnd(of numbers: ClosedRange<UInt64>, at now: Timestamp) throws -> Timestamp? {
        var latest: Timestamp?
        var left = Self.mostLookedAt
        var after: UInt64? = numbers.lowerBound - 1
        while let start = after {
            after = nil
            try read { transaction in
                var seen = 0
                try transaction.scan(Tables.revocations, after: start.storeBytes, limit: 100) { number, row in
                    guard number <= numbers.upperBound else { return false }
                    seen += 1
                    if seen == 100 { after = number }
                    if let end = try Self.latestEnd(of: row, at: now, &left, in: transaction) { latest = max(latest ?? end, end) }
                    return true
                }
            }
        }
        return latest
    }

    /// Whether a verifier would take a token for one that has not ended.
    private static func isTaken(_ token: TokenRow, at now: Timestamp) -> Bool {
        now < token.expiresAt.adding(seconds: TokenPolicy.standardSkew)
    }

    private static func latestEnd(
        of row: RevocationRow, at now: Timestamp, _ left: inout Int, in transaction: borrowing some StoreReads & ~Copyable
    ) throws -> Timestamp? {
        switch row.kind {
        case .token:
            guard let token = try transaction.get(Tables.tokens, row.id), isTaken(token, at: now) else { return nil }
            return token.expiresAt
        case .session:
            guard let session = try transaction.get(Tables.sessionLiveness, row.id) else { return nil }
            return try latestEnd(of: row, of: session.identityId, at: now, &left, in: transaction)
        case .identity: return try latestEnd(of: row, of: row.id, at: now, &left, in: transaction)
        case .everything: return row.until.adding(seconds: -RevocationLog.afterlife)
        }
    }

    private static func latestEnd(
        of row: RevocationRow, of identityId: String, at now: Timestamp, _ left: inout Int,
        in transaction: borrowing some StoreReads & ~Copyable
    ) throws -> Timestamp? {
        guard left > 0 else { return row.until.adding(seconds: -RevocationLog.afterlife) }
        var latest: Timestamp?
        var seen = 0
        try transaction.scanKeys(Tables.tokensByIdentity, prefix: OwnedKey.prefix(identityId), descending: true, limit: left) { key in
            seen += 1
            // Also what had been revoked by itself before: here it was dead, and elsewhere it may live.
            guard let token = try transaction.get(Tables.tokens, key.id), isTaken(token, at: now),
                row.kind == .identity || token.sessionId == row.id,
                row.cutOff.map({ Identifier.moment(of: key.id, .token) ?? $0 <= $0 }) ?? true
            else { return true }
            latest = max(latest ?? token.expiresAt, token.expiresAt)
            return true
        }
        left -= seen
        return left > 0 ? latest : row.until.adding(seconds: -RevocationLog.afterlife)
    }
}

extension KeyHolder {
    static func holdingBundles(upTo sequence: UInt64, until: Timestamp) -> KeyHolder {
        KeyHolder(who: "verifiers that hold trust bundle number \(sequence), or an older one", until: until, sequence: sequence)
    }
}
