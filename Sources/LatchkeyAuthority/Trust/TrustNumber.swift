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
    /// The last millisecond, since 1970, of the ids of what died when everything that had been issued died at once.
    case everything
    /// The least number that the next trust anchor may have.
    case anchor

    /// The greatest that can be given.
    var greatest: UInt64 {
        switch self {
        // What a bundle can say, and every reader of JSON takes.
        case .revocation, .bundle: (1 << 53) - 1
        // An id has 48 bits of milliseconds, and the next one is later.
        case .cut, .everything: (1 << 48) - 2
        case .anchor: UInt64(AnchorSuccession.greatestNumber)
        }
    }

    func last(in transaction: borrowing some StoreReads & ~Copyable) throws -> UInt64 {
        let number = try transaction.get(Tables.trustNumbers, rawValue)?.sequence ?? 0
        guard number <= greatest else { throw beyond }
        return number
    }

    /// Takes the next one.
    func next(in transaction: borrowing WriteTransaction) throws -> UInt64 {
        let number = try last(in: transaction) + 1
        try put(number, in: transaction)
        return number
    }

    /// It is this at least.
    func raise(to number: UInt64, in transaction: borrowing WriteTransaction) throws {
        guard try last(in: transaction) < number else { return }
        try put(number, in: transaction)
    }

    private func put(_ number: UInt64, in transaction: borrowing WriteTransaction) throws {
        guard number <= greatest else { throw beyond }
        try transaction.put(Tables.trustNumbers, rawValue, SequenceRow(number))
    }

    private var beyond: StoreError {
        StoreError(.corrupt, "the number \(rawValue) is greater than any that is given: the store is damaged; restore it from a backup")
    }
}
