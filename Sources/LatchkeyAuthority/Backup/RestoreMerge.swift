import LatchkeyStore
package import LatchkeyVerifier

/// Makes a backup's store one that may take the place of the store that is there: nothing that died since the backup comes back, nothing that
/// must never repeat does, and nobody's session goes on.
package struct RestoreMerge: Sendable {
    /// The directory of the backup's store, which nobody else has.
    package let restored: String
    /// The directory of the store that it replaces, whose lock the caller holds; none when there is none, or when it can't be read.
    package let replaced: String?
    /// Why there is none that can be read.
    package let notMerged: String?
    package let program: String
    /// Told in the log: when the backup was made, and the name that the replaced store will have.
    package let madeAt: Timestamp
    package let keptAs: String?
    /// Whether the store that is replaced may be another install's, of which nothing is taken over.
    package let allowsOtherInstall: Bool
    /// Whether the restore goes on where nothing can be learned from the store that is replaced: the operator's word, for then the dead come back.
    package let goesWithoutMerge: Bool
    /// Who restores, before root became the owner of the state.
    package let userId: UInt32

    package init(
        restored: String, replaced: String?, notMerged: String?, program: String, madeAt: Timestamp, keptAs: String?,
        allowsOtherInstall: Bool, goesWithoutMerge: Bool = false, userId: UInt32
    ) {
        self.restored = restored
        self.replaced = replaced
        self.notMerged = notMerged
        self.program = program
        self.madeAt = madeAt
        self.keptAs = keptAs
        self.allowsOtherInstall = allowsOtherInstall
        self.goesWithoutMerge = goesWithoutMerge
        self.userId = userId
    }

    /// Numbers that are passed over where the last one that was given is not known.
    static let gap: UInt64 = 1_000_000_000
    /// Ranges of leaves that one entry tells of, at most.
    private static let mostRanges = 256

    /// One commit. It reads either store three times at most, whatever is in them: a second or two for 100,000 rows.
    ///
    /// - Throws: `BackupError` `.refused` for another install's store, one that a newer program wrote, and one that can't be read without the
    ///   operator's word on that; `.unsound` when what comes out would not be sound; `StoreError`.
    package func run(at now: Timestamp = SystemClock().now()) throws -> RestoreReport {
        let schema = Tables.schema(writer: program)
        return try Store.rehearse(directory: restored, schema: schema) { new, facts in
            // Without a tree that goes on nothing could ever be written. The backup is still there, whoever wants to look at the old one.
            let isBegun = try !AuditLog.canGoOn(in: new)
            if isBegun { try AuditLog.beginAnew(at: now, in: new) }
            var log = RestoredLog(isBegunAnew: isBegun)
            guard let replaced else { return (try finish(nil, notMerged, new, facts, now, log), .commit) }
            let merged: RestoreReport
            // From then on an error is the restored store's: what can't be read of the replaced one is passed over.
            var isOpen = false
            do {
                merged = try Store.rehearse(directory: replaced, schema: schema, isLocked: true) { old, _ in
                    isOpen = true
                    return (try merge(old, into: new, facts, now, &log), .abort)
                }
            } catch let error as StoreError where !isOpen && error.code == .newer {
                throw BackupError(
                    .refused,
                    "the store that is there was written by a newer program: \(error.message) Restore with that one; nothing was changed")
            } catch let error as StoreError where !isOpen && Self.isUnreadable(error) {
                let why = "the replaced store can't be read: \(error.message)"
                return (try finish(try unmerged(why), why, new, facts, now, log), .commit)
            }
            return (merged, .commit)
        }
    }

    /// Whether a store that could not be opened can't be read at all.
    private static func isUnreadable(_ error: StoreError) -> Bool {
        switch error.code {
        case .corrupt, .foreign, .notOpenable, .undecodable: true
        default: false
        }
    }

    /// Nothing was learned, which takes the operator's word.
    ///
    /// - Throws: `.refused` without it.
    private func unmerged(_ why: String) throws(BackupError) -> RestoreReport? {
        guard goesWithoutMerge else { throw BackupError.unmerged(why) }
        return nil
    }

    private func merge(
        _ old: borrowing WriteTransaction, into new: borrowing WriteTransaction, _ facts: StoreFacts, _ now: Timestamp,
        _ log: inout RestoredLog
    ) throws -> RestoreReport {
        let source = ReplacedStore()
        guard let install = try new.get(Tables.install, InstallRecord.key) else {
            throw BackupError(.unsound, "the backup holds no install")
        }
        guard let former = source.row(Tables.install, InstallRecord.key, in: old) else {
            let why = "the replaced store does not say whose it is"
            return try finish(try unmerged(why), why, new, facts, now, log)
        }
        guard former.id == install.id else {
            guard allowsOtherInstall else {
                throw BackupError(
                    .refused,
                    "the store that is there is of another install, \(former.id); the backup is of \(install.id). If it is to be replaced all the same, "
                        + "say --other-install: nothing is taken over from it")
            }
            return try finish(nil, "the replaced store is of another install, \(former.id)", new, facts, now, log)
        }
        var report = RestoreReport()
        let moment = max(now, source.row(Tables.clock, ClockRow.seen, in: old)?.moment ?? now)
        let isSameSeal = former.sealCheck == install.sealCheck
        try mergeOrganisations(source, old, new, &report)
        try mergeIdentities(source, old, new, moment, &report)
        let deaths = try ToldDeaths(source, after: Authority.lastSequence(in: new), in: old)
        try mergeAPIKeys(source, old, new, moment, deaths, &report)
        try mergeSessions(source, old, new, moment)
        try mergeRing(source, old, new, moment, isSameSeal: isSameSeal, deaths, &report)
        try mergeCutover(source, old, new, moment, isSameSeal: isSameSeal, &report)
        try mergeAnchors(source, old, new, moment, isSameSeal: isSameSeal, &report)
        try mergeTrust(source, old, new)
        try mergeMoments(source, old, new)
        log.untold = try mergeAudit(source, old, new, moment, &report)
        return try finish(report, nil, new, facts, moment, log, last: try? Authority.lastSequence(in: old))
    }

    /// What is done to every restored store.
    ///
    /// - Parameters:
    ///   - merged: what was taken over; `nil` when nothing was.
    ///   - last: the last number of the replaced log; `nil` when it is not known.
    private func finish(
        _ merged: RestoreReport?, _ why: String?, _ new: borrowing WriteTransaction, _ facts: StoreFacts, _ now: Timestamp,
        _ log: RestoredLog, last: UInt64? = nil
    ) throws -> RestoreReport {
        var report = merged ?? RestoreReport()
        report.notMerged = merged == nil ? why ?? "there was no store before" : nil
        // By a clock that is behind what was seen nothing may begin.
        let moment = max(now, try new.get(Tables.clock, ClockRow.seen)?.moment ?? now)
        if merged == nil {
            try listUnknown(new, moment, &report)
            try expectBundles(new, moment)
            for number in TrustNumber.allCases { try Self.passOver(number, new) }
        }
        try endSessions(new, moment, &report)
        try new.delete(Tables.clock, ClockRow.behind)
        report.logBegunAnew = log.isBegunAnew
        report.logFaults = try StoreChecker.check(facts, at: moment, repairs: true, in: new).inLog
        let sequence = try Authority.lastSequence(in: new)
        // Where nothing is known, numbers may have been given on a disk that died.
        let least = last.map { max($0, sequence) + 1 } ?? sequence + Self.gap
        report.auditSequence = try Authority.append(
            try draft(report, in: new), at: moment, least: least, in: new
        ).seq
        for leaves in log.untold.parts(of: Self.mostRanges) {
            _ = try Authority.append(try draft(telling: leaves, in: new), at: moment, in: new)
        }
        let check = try StoreChecker.check(facts, at: moment, repairs: false, in: new)
        // What the log is evidence of stays as it is, and is told; nobody has to be without a service for it.
        report.logFaults = check.inLog
        let evidence = check.findings.filter { $0.isEvidence }
        report.logFault = (evidence.first { $0.table == Tables.auditTree.name } ?? evidence.first)?.sentence
        guard check.isUsable else {
            throw BackupError(
                .unsound,
                "the restored store would not be sound: \(check.findings.first { !$0.isEvidence }?.sentence ?? "it has \(check.total) faults"); nothing was changed"
            )
        }
        report.rows = check.rows
        return report
    }

    /// An entry of the first organisation that the restore made.
    private func draft(
        _ action: AuditRecord.Action, _ resource: String, in new: borrowing WriteTransaction
    ) throws -> AuditDraft {
        guard let install = try new.get(Tables.install, InstallRecord.key) else {
            throw BackupError(.unsound, "the backup holds no install")
        }
        var draft = AuditDraft(action, actor: "system", organisation: install.firstOrganisation)
        draft.plane = "relayauth"
        draft.resource = resource
        return draft
    }

    private func draft(telling leaves: LeafRanges, in new: borrowing WriteTransaction) throws -> AuditDraft {
        var draft = try draft(.auditRemoved, "audit", in: new)
        draft.metadata = [RemovalNote.member: leaves.text, "count": String(leaves.count), "reason": "restored"]
        return draft
    }

    private func draft(_ report: RestoreReport, in new: borrowing WriteTransaction) throws -> AuditDraft {
        var draft = try draft(.backupRestored, "backup", in: new)
        draft.metadata = [
            "madeAt": madeAt.description, "uid": String(userId), "merged": String(report.notMerged == nil),
            "revokedAPIKeys": String(report.revokedAPIKeys), "unknownAPIKeys": String(report.unknownAPIKeys.count),
            "goneAPIKeys": String(report.goneAPIKeys.count), "endedSessions": String(report.endedSessions),
            "unknownSigningKeys": String(report.unknownSigningKeys.count),
            "suspendedIdentities": String(report.suspendedIdentities), "retiredIdentities": String(report.retiredIdentities),
            "deletedIdentities": String(report.deletedIdentities),
        ]
        if report.lostAuditEntries > 0 { draft.metadata["lostEntries"] = String(report.lostAuditEntries) }
        if report.logBegunAnew { draft.metadata["logBegunAnew"] = "true" }
        if report.logFaults > 0 { draft.metadata["logFaults"] = String(report.logFaults) }
        if report.notMerged == nil { draft.metadata["logGoesOn"] = String(report.logGoesOn) }
        draft.metadata["unknownCutover"] = report.unknownCutover
        draft.metadata["reason"] = report.notMerged
        draft.metadata["replacedStore"] = keptAs
        return draft
    }

    /// Without a replaced store nothing is known of anything that lives in the backup.
    private func listUnknown(_ new: borrowing WriteTransaction, _ now: Timestamp, _ report: inout RestoreReport) throws {
        try new.scan(Tables.apiKeys, limit: .max) { _, record in
            if record.revokedAt == nil, record.expiresAt.map({ now < $0 }) ?? true {
                report.unknownAPIKeys.add(RestoreReport.APIKey(record))
            }
            return true
        }
        try new.scan(Tables.identities, limit: .max) { _, record in
            if record.status == .active { report.unknownIdentities.add(record.id) }
            return true
        }
        for key in try Authority.signingKeys(in: new) where key.leftAt == nil {
            report.unknownSigningKeys.add(RestoreReport.SigningKey(key))
        }
        try listUnknownCutover(new, &report)
    }

    /// Ends every session: tokens and refresh tokens from before are dead here, and the cut-off of each identity tells verifiers elsewhere.
    private func endSessions(_ new: borrowing WriteTransaction, _ now: Timestamp, _ report: inout RestoreReport) throws {
        try cutEverything(new, now)
        try new.scan(Tables.sessionLiveness, limit: .max) { id, session in
            guard session.revokedAt == nil else { return true }
            if try Authority.liveSession(id, at: now, in: new) != nil { report.endedSessions += 1 }
            var ended = session
            ended.revokedAt = now
            try new.put(Tables.sessionLiveness, id, ended)
            return true
        }
        try new.scan(Tables.identityLiveness, limit: .max) { id, row in
            var cut = row
            cut.epoch += 1
            // By the clock: what another issuer signs from now on is held against it.
            cut.cutOffAt = now
            try new.put(Tables.identityLiveness, id, cut)
            return true
        }
    }
}
