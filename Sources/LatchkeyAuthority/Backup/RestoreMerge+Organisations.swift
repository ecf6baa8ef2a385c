import LatchkeyStore

extension RestoreMerge {
    /// What the log and sessions from after the backup belong to. A limit that was tightened since stays so.
    func mergeOrganisations(
        _ source: ReplacedStore, _ old: borrowing WriteTransaction, _ new: borrowing WriteTransaction, _ report: inout RestoreReport
    ) throws {
        try source.rows(Tables.organisations, in: old) { id, record in
            guard var merged = try new.get(Tables.organisations, id) else { return try new.put(Tables.organisations, id, record) }
            guard merged.tighten(as: record) else { return }
            try new.put(Tables.organisations, id, merged)
            report.tightenedOrganisations += 1
        }
    }
}

extension OrganisationRecord {
    /// Takes the tighter of each limit: tokens live for the shorter time, the log is kept for the longer. Where one record leaves a limit to the
    /// install, the other's word on how long tokens live counts, and the replaced store's on the log.
    ///
    /// - Returns: whether anything changed.
    fileprivate mutating func tighten(as former: OrganisationRecord) -> Bool {
        let own = self
        maxTokenTTL = [maxTokenTTL, former.maxTokenTTL].compactMap(\.self).min()
        defaultTokenTTL = [defaultTokenTTL, former.defaultTokenTTL].compactMap(\.self).min()
        if let most = maxTokenTTL, let standard = defaultTokenTTL { defaultTokenTTL = min(most, standard) }
        if let days = auditRetentionDays, let since = former.auditRetentionDays {
            auditRetentionDays = days == 0 || since == 0 ? 0 : max(days, since)
        } else {
            auditRetentionDays = former.auditRetentionDays
        }
        return self != own
    }
}
