import LatchkeyCrypto
import LatchkeyScopes
import LatchkeyStore
import LatchkeyVerifier

extension Authority {
    /// Counts a mint on the caller's root and on its address, within the transaction that mints: both are charged or neither.
    ///
    /// The administrator on the socket is not limited. Nothing is written before both have said yes.
    func chargeMint(_ caller: Caller, of scopes: ScopeSet, at now: Timestamp, in transaction: borrowing WriteTransaction) throws {
        try charge(mintCharges(caller, of: scopes, at: now, in: transaction), in: transaction)
    }

    /// Counts an identity that comes to hold everything: its tokens are as good as an organisation's token.
    func chargeIdentity(_ caller: Caller, of scopes: ScopeSet, at now: Timestamp, in transaction: borrowing WriteTransaction) throws {
        try charge(charges(caller, perHour: 0, of: scopes, at: now, in: transaction), in: transaction)
    }

    private func charge(_ charges: [(key: [UInt8], bucket: BucketRow)], in transaction: borrowing WriteTransaction) throws {
        for (key, bucket) in charges {
            if let before = try transaction.get(Tables.mintBuckets, key) {
                try transaction.delete(Tables.expiries, Expiry.mintBucket(key, before).storeKey)
            }
            try transaction.put(Tables.mintBuckets, key, bucket)
            try Expiry.mintBucket(key, bucket).note(in: transaction)
        }
    }

    /// What a mint would leave in the buckets that it is charged to.
    ///
    /// - Throws: `rate_limited` when one of them is empty.
    func mintCharges(
        _ caller: Caller, of scopes: ScopeSet, at now: Timestamp, in transaction: borrowing some StoreReads & ~Copyable
    ) throws -> [(key: [UInt8], bucket: BucketRow)] {
        try charges(caller, perHour: settings.mintsPerHour, of: scopes, at: now, in: transaction)
    }

    /// - Parameter perHour: how many there may be, whatever they hold; 0 for any number.
    private func charges(
        _ caller: Caller, perHour: Int, of scopes: ScopeSet, at now: Timestamp, in transaction: borrowing some StoreReads & ~Copyable
    ) throws -> [(key: [UInt8], bucket: BucketRow)] {
        guard let root = caller.principal.rootId else { return [] }
        var subjects = ["root:\(root)"]
        if let address = caller.origin.address { subjects.append("address:\(ClientAddress.counted(address))") }
        var counted: [(limit: Int, subject: String, what: String)] = []
        if perHour > 0 { counted += subjects.map { (perHour, $0, "keys and sub-agents") } }
        // Whoever holds everything is an organisation's token, by whatever route it was made.
        if settings.organisationTokensPerHour > 0, scopes.holdsEverything(in: settings.planes) {
            counted += subjects.map {
                (settings.organisationTokensPerHour, "organisation-token:" + $0, "keys or identities that hold everything")
            }
        }
        return try counted.map { limit, subject, what in
            let key = SHA256.hash(Array(subject.utf8))
            let (verdict, bucket) = MintLimit(perHour: limit).take(from: try transaction.get(Tables.mintBuckets, key), at: now)
            guard verdict.isAllowed else {
                throw AuthorityError(
                    .rateLimited, "too many \(what) were made from here; wait \(verdict.retrySeconds) seconds", limit: verdict)
            }
            return (key, bucket)
        }
    }
}
