import LatchkeyStore
import LatchkeyVerifier

/// Numbers of an install that only grow, whatever becomes of the rows that they were given to.
enum TrustNumber: String, CaseIterable {
    /// The last thing that was revoked.
    case revocation
    /// The last trust bundle.
    case bundle
    /// The last millisecond, since 1970, that a cut-off names: no id is made up to it again.
    case cut
    /// The least number that the next trust anchor may have.
    case anchor

    func last(in transaction: borrowing some StoreReads & ~Copyable) throws -> UInt64 {
        try transaction.get(Tables.trustNumbers, rawValue)?.sequence ?? 0
    }

    /// Takes the next one.
    func next(in transaction: borrowing WriteTransaction) throws -> UInt64 {
        let number = try last(in: transaction) + 1
        try transaction.put(Tables.trustNumbers, rawValue, SequenceRow(number))
        return number
    }

    /// It is this at least.
    func raise(to number: UInt64, in transaction: borrowing WriteTransaction) throws {
        guard try last(in: transaction) < number else { return }
        try transaction.put(Tables.trustNumbers, rawValue, SequenceRow(number))
    }
}
