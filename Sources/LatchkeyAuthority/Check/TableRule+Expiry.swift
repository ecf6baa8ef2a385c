import LatchkeyStore
import LatchkeyVerifier

extension TableRule {
    /// What was presented, spent and counted: each row stands alone.
    static let expiry = [
        TableRule(Tables.mintBuckets) { checker, transaction in
            try checker.rows(Tables.mintBuckets, in: transaction) { key, bucket in
                checker.require(
                    key.count == 32 && bucket.level >= 0, Tables.mintBuckets, "a count of mints is not of its form", .impossible)
                try checker.expect(
                    Tables.expiries, Expiry.mintBucket(key, bucket).storeKey, EmptyRow(),
                    of: "the end of a count of mints", in: transaction)
            }
        },
        TableRule(Tables.legacyUses) { checker, transaction in
            try checker.rows(Tables.legacyUses, in: transaction) { key, row in
                checker.require(key == row.key, Tables.legacyUses, "a presenter of legacy tokens does not stand under its key", .impossible)
            }
        },
        TableRule(Tables.legacySpent) { checker, transaction in
            try checker.rows(Tables.legacySpent, in: transaction) { key, row in
                checker.require(
                    key.count == 32 && !row.text.isEmpty, Tables.legacySpent, "a mark of what was spent is not of its form", .impossible)
            }
        },
        TableRule(Tables.expiries, isDerived: true) { checker, transaction in
            try checker.rows(Tables.expiries, in: transaction) { key, _ in
                guard let expiry = Expiry(storeKey: key) else {
                    return try checker.strike(Tables.expiries, key, "what is to be removed some day is not of its form", in: transaction)
                }
                if try !expiry.isDue(for: checker, in: transaction) {
                    try checker.strike(
                        Tables.expiries, key, "something is to be removed at \(expiry.at) that is not there, or ends at another time",
                        in: transaction)
                }
            }
        },
    ]
}

extension Expiry {
    /// Whether there is something that ends at this moment.
    fileprivate func isDue(for checker: StoreChecker, in transaction: borrowing WriteTransaction) throws -> Bool {
        let text = String(decoding: key, as: UTF8.self)
        switch kind {
        case .token: return try checker.found(Tables.tokens, text, in: transaction).map { Self.token(text, until: $0.expiresAt).at } == at
        case .session: return try transaction.contains(Tables.sessions, text)
        case .refreshToken:
            return try checker.found(Tables.refreshTokens, key, in: transaction).map { Self.refreshToken(key, until: $0.expiresAt).at }
                == at
        case .refreshAnswer: return try transaction.contains(Tables.refreshAnswers, key)
        case .mintBucket: return try checker.found(Tables.mintBuckets, key, in: transaction).map { Self.mintBucket(key, $0).at } == at
        case .legacySpent: return try transaction.contains(Tables.legacySpent, key)
        case .revocation:
            guard let number = UInt64(storeBytes: key) else { return false }
            return try checker.found(Tables.revocations, number, in: transaction)?.until == at
        case .maker:
            return try !Authority.made(by: text, limit: 1, in: transaction).isEmpty || !Authority.makers(of: text, in: transaction).isEmpty
        case .apiKeyEnd, .apiKeyNotice:
            guard let place = OwnedKey(storeBytes: key), let record = try checker.found(Tables.apiKeys, place, in: transaction),
                let end = record.expiresAt
            else { return false }
            // A notice finds out by itself whether there is anything to tell.
            return kind == .apiKeyEnd ? end == at && record.revokedAt == nil : at <= end
        }
    }
}
