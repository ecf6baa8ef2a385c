import LatchkeyStore
import LatchkeyVerifier

extension Authority {
    /// Appends an entry to the log, in the transaction of the change that it tells of: they can't part.
    func record(_ draft: AuditDraft, at now: Timestamp, in transaction: borrowing WriteTransaction) throws {
        try Self.append(draft, ids: ids, at: now, in: transaction)
    }

    static func append(_ draft: AuditDraft, ids: IdentifierSource, at now: Timestamp, in transaction: borrowing WriteTransaction) throws {
        let sequence = (try transaction.last(Tables.audit)?.key ?? 0) + 1
        let entry = AuditRecord(
            id: try ids.make(.auditEntry), seq: sequence, timestamp: now, action: draft.action, actor: draft.actor,
            identityId: draft.identityId,
            orgId: draft.organisation, workspaceId: draft.workspaceId, plane: draft.plane, resource: draft.resource, result: draft.result,
            metadata: draft.metadata, ip: draft.origin.address, userAgent: draft.origin.userAgent, requestId: draft.origin.requestId)
        try transaction.put(Tables.audit, sequence, entry)
        try transaction.put(Tables.auditByOrganisation, auditKey(draft.organisation, sequence), EmptyRow())
        try transaction.put(Tables.auditById, entry.id, SequenceRow(sequence))
    }

    static func auditKey(_ organisation: String, _ sequence: UInt64) -> [UInt8] {
        OwnedKey.prefix(organisation) + (0..<8).map { UInt8(truncatingIfNeeded: sequence >> (56 - 8 * $0)) }
    }

    /// Notes that a caller was not allowed to do something; written as part of a summary.
    package func noteDenied(_ action: AuditRecord.Action, reason: String, caller: Caller) {
        denials.note(
            .init(
                source: caller.origin.address, action: action, reason: reason, subject: caller.principal.label,
                organisation: caller.principal.organisation),
            at: clock.now())
    }
}
