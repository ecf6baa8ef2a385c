import LatchkeyStore
package import LatchkeyVerifier

extension Authority {
    /// Of which moment the newest backup is that was sent to its end; `nil` when there was none. Whether it was kept, and can be restored, its
    /// keeper has to prove.
    ///
    /// - Throws: when the store can't be read.
    package func lastBackup() throws -> Timestamp? {
        try read { try $0.get(Tables.clock, ClockRow.backedUp)?.moment }
    }

    /// Notes that a backup was sent to its end.
    ///
    /// - Parameter moment: the one that the backup is of.
    package func noteBackup(of moment: Timestamp) async throws {
        try await write(.essential) { transaction in
            if let newest = try transaction.get(Tables.clock, ClockRow.backedUp)?.moment, newest >= moment { return }
            try transaction.put(Tables.clock, ClockRow.backedUp, MomentRow(moment))
        }
    }
}
