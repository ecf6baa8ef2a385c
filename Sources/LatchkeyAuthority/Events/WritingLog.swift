import Synchronization

/// The audit entries of the write that is being made, so that they can be told once it is on disk. Writes are made one after the other, on
/// one thread; one that is made again begins again.
final class WritingLog: Sendable {
    private let entries = Mutex<[AuditRecord]>([])

    func begin() { entries.withLock { $0 = [] } }

    func note(_ entry: AuditRecord) { entries.withLock { $0.append(entry) } }

    func take() -> [AuditRecord] {
        entries.withLock { entries in
            defer { entries = [] }
            return entries
        }
    }
}
