import LatchkeyCrypto
import LatchkeyStore
import LatchkeyVerifier

extension Authority {
    /// Counts a mint on the caller's root and on its address, within the transaction that mints: both are charged or neither.
    ///
    /// The administrator on the socket is not limited. Nothing is written before both have said yes.
    func chargeMint(_ caller: Caller, at now: Timestamp, in transaction: borrowing WriteTransaction) throws {
        for (key, bucket) in try mintCharges(caller, at: now, in: transaction) {
            if let before = try transaction.get(Tables.mintBuckets, key) {
                try transaction.delete(Tables.expiries, Expiry(at: before.at.adding(seconds: 3600), .mintBucket, key).storeKey)
            }
            try transaction.put(Tables.mintBuckets, key, bucket)
            // After an hour a bucket is full whatever it was, and one that is not there counts as full.
            try Expiry(at: bucket.at.adding(seconds: 3600), .mintBucket, key).note(in: transaction)
        }
    }

    /// What a mint would leave in the buckets that it is charged to.
    ///
    /// - Throws: `rate_limited` when one of them is empty.
    func mintCharges(
        _ caller: Caller, at now: Timestamp, in transaction: borrowing some StoreReads & ~Copyable
    ) throws -> [(key: [UInt8], bucket: BucketRow)] {
        guard settings.mintsPerHour > 0, let root = caller.principal.rootId else { return [] }
        let limit = MintLimit(perHour: settings.mintsPerHour)
        var charged: [(key: [UInt8], bucket: BucketRow)] = []
        var subjects = ["root:\(root)"]
        if let address = caller.origin.address { subjects.append("address:\(ClientAddress.counted(address))") }
        for subject in subjects {
            let key = SHA256.hash(Array(subject.utf8))
            let (verdict, bucket) = limit.take(from: try transaction.get(Tables.mintBuckets, key), at: now)
            guard verdict.isAllowed else {
                throw AuthorityError(
                    .rateLimited, "too many keys and sub-agents were made from here; wait \(verdict.retrySeconds) seconds", limit: verdict)
            }
            charged.append((key, bucket))
        }
        return charged
    }
}
