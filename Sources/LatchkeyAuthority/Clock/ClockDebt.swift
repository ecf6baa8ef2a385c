import LatchkeyStore
import LatchkeyVerifier
import Synchronization

/// What the store should know of the clock and could not be told yet. Until it is, whoever changes the key ring tells it first.
struct ClockDebt: Sendable, Equatable {
    /// Where the time stood when a start found the clock behind.
    var behind: Timestamp?
    /// A clock that was behind is right again, so many milliseconds later than it was thought to be at least.
    var step: Int64?

    var isNone: Bool { self == ClockDebt() }
}

extension Authority {
    /// Tells the store what it should know of the clock.
    ///
    /// - Returns: whether the key ring has to be read again.
    @discardableResult
    func settleClockDebt() async -> Bool {
        let debt = clockDebt.withLock { $0 }
        guard !debt.isNone else { return false }
        do {
            try await write(.essential) { [self] transaction in try put(debt, in: transaction) }
        } catch {
            return false
        }
        forget(debt)
        return debt.step != nil
    }

    /// Puts what is owed before anything else of this transaction.
    ///
    /// - Returns: what ``forget(_:)`` is to be told once it is committed.
    func putClockDebt(in transaction: borrowing WriteTransaction) throws -> ClockDebt {
        let debt = clockDebt.withLock { $0 }
        if !debt.isNone { try put(debt, in: transaction) }
        return debt
    }

    func forget(_ debt: ClockDebt) {
        clockDebt.withLock { if $0 == debt { $0 = ClockDebt() } }
    }

    private func put(_ debt: ClockDebt, in transaction: borrowing WriteTransaction) throws {
        try seams.beforeTime()
        if let step = debt.step {
            try Self.catchUp(by: step, at: clock.now(), in: transaction)
        } else if let behind = debt.behind {
            try transaction.put(Tables.clock, ClockRow.behind, MomentRow(behind))
        }
    }
}
