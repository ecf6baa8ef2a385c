import LatchkeyStore

extension CheckFinding {
    private static let log: Set<String> = Set(
        [Tables.audit.name, Tables.auditIndex.name, Tables.auditTree.name, Tables.auditLog.name, Tables.checkpoints.name] + [
            Tables.auditRemoved.name
        ])

    /// Whether it is something in the audit log that nothing can be made from again.
    package var isEvidence: Bool { !isRepairable && Self.log.contains(table) }
}
