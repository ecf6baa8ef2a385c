import Synchronization

/// Whose turn it is to make a backup: one at a time, for each takes two threads, a snapshot that pins what is freed after it and, with a
/// passphrase, 64 MiB.
final class BackupTurn: Sendable {
    private let isTaken = Atomic(false)

    /// Taken until it is given back or dropped.
    final class Ticket: Sendable {
        private let turn: BackupTurn
        private let isBack = Atomic(false)

        fileprivate init(_ turn: BackupTurn) { self.turn = turn }

        deinit { giveBack() }

        /// Safe to call again.
        func giveBack() {
            if !isBack.exchange(true, ordering: .acquiringAndReleasing) { turn.isTaken.store(false, ordering: .releasing) }
        }
    }

    /// - Returns: `nil` while somebody else has it.
    func take() -> Ticket? { isTaken.exchange(true, ordering: .acquiringAndReleasing) ? nil : Ticket(self) }
}
