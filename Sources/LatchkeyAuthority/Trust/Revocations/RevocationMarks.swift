import LatchkeyStore
import Synchronization

/// The numbers that a change gave to what it revoked: what bundles that were made before lack. Whoever wants to know gives it to the change,
/// and asks when that has returned.
package final class RevocationMarks: Sendable {
    private struct State {
        var before: UInt64 = 0
        var numbers: ClosedRange<UInt64>?
    }

    private let state = Mutex(State())

    package init() {}

    /// None when nothing was revoked.
    var numbers: ClosedRange<UInt64>? { state.withLock { $0.numbers } }

    /// Also where a change is done over again.
    func begin(in transaction: borrowing WriteTransaction) throws {
        let last = try TrustNumber.revocation.last(in: transaction)
        state.withLock { $0 = State(before: last, numbers: nil) }
    }

    func end(in transaction: borrowing WriteTransaction) throws {
        let last = try TrustNumber.revocation.last(in: transaction)
        state.withLock { state in if state.before < last { state.numbers = state.before + 1...last } }
    }

    /// Something that had been revoked before: its number is looked for, the newest first.
    func find(_ kind: RevocationRow.Kind, _ id: String, in transaction: borrowing WriteTransaction) throws {
        var found: UInt64?
        try transaction.scan(Tables.revocations, descending: true, limit: Self.mostLookedAt) { number, row in
            if row.kind == kind, row.id == id { found = number }
            return found == nil
        }
        if let found { state.withLock { $0.numbers = found...found } }
    }

    /// The writer waits for it.
    private static let mostLookedAt = 10_000
}
