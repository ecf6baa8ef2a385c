package import LatchkeyScopes
import LatchkeyStore
import LatchkeyVerifier

extension Authority {
    /// Appends an entry to the log, in the transaction of the change that it tells of: they can't part.
    ///
    /// The entry's moment is that of the write, not of the request: while the clock goes on, the log is in the order of its moments,
    /// and no entry comes in before one that could be read already.
    func record(_ draft: AuditDraft, in transaction: borrowing WriteTransaction) throws {
        try seams.beforeRecord(draft.action)
        let entry = try Self.append(draft, at: clock.nowOnRecord(), in: transaction)
        if events.isWatched { writing.note(entry) }
    }

    /// - Parameter least: the number that the entry has at least; with a gap before it where numbers may have been given that nobody knows of.
    @discardableResult
    static func append(
        _ draft: AuditDraft, at now: Timestamp, least: UInt64 = 0, in transaction: borrowing WriteTransaction
    ) throws -> AuditRecord {
        let end = try AuditLog.end(in: transaction)
        // The last number of the entries counts, too: what lies there, for whatever reason, is never written over.
        let sequence = try max(end.sequence, lastSequence(in: transaction) &+ 1, least)
        let entry = AuditRecord(
            id: AuditEntryId(now, sequence).text, seq: sequence, timestamp: now, action: draft.action, actor: draft.actor,
            identityId: draft.identityId, orgId: draft.organisation, workspaceId: draft.workspaceId, plane: draft.plane,
            resource: draft.resource, result: draft.result, metadata: draft.metadata, ip: draft.origin.address,
            userAgent: draft.origin.userAgent, requestId: draft.origin.requestId ?? "")
        let stored = AuditEntry(entry)
        try transaction.put(Tables.audit, sequence, stored)
        try AuditLog.append(
            MerkleTree.leafHash(stored.json), sequence: sequence, origin: .written, at: now, after: end, in: transaction)
        for key in AuditIndex.keys(of: entry) { try transaction.put(Tables.auditIndex, key, EmptyRow()) }
        return entry
    }

    /// The number of the newest entry of the log, 0 when there is none. No number is given twice: what retention removes has an entry behind it
    /// that says so.
    static func lastSequence(in transaction: borrowing some StoreReads & ~Copyable) throws -> UInt64 {
        var last: UInt64 = 0
        try transaction.scanKeys(Tables.audit, descending: true, limit: 1) { key in
            last = key
            return false
        }
        return last
    }

    /// Notes that a caller was not allowed to do something; written as part of a summary.
    package func noteDenied(_ action: AuditRecord.Action, _ scope: Scope, caller: Caller, isCheck: Bool = false) {
        let principal = caller.principal
        let now = clock.now()
        denials.note(
            DenialLog.Subject(
                source: caller.origin.address.map(ClientAddress.counted), action: action, reason: scope.text, subject: principal.label,
                organisation: principal.organisation, identityId: principal.identityId, plane: scope.plane,
                resource: scope.resource),
            at: now)
        publish(deniedEvent(action, scope, caller, isCheck: isCheck), at: now)
    }
}
