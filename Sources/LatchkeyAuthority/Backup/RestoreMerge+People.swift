import LatchkeyScopes
import LatchkeyStore
import LatchkeyVerifier

/// Organisations, identities and API keys.
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

    func mergeIdentities(
        _ source: ReplacedStore, _ old: borrowing WriteTransaction, _ new: borrowing WriteTransaction, _ now: Timestamp,
        _ report: inout RestoreReport
    ) throws {
        try new.scan(Tables.identities, limit: .max) { place, record in
            let former = source.row(Tables.identities, place, in: old)
            let row = source.row(Tables.identityLiveness, record.id, in: old)
            if former == nil, row == nil, isDeleted(record, source, old) {
                try delete(record, new, now)
                report.deletedIdentities += 1
                return true
            }
            try take(former, row?.status, over: record, new, now, &report)
            if former == nil, row.map({ $0.status == .active }) ?? true { report.unknownIdentities.add(record.id) }
            if let row, var own = try new.get(Tables.identityLiveness, record.id) {
                own.epoch = max(own.epoch, row.epoch)
                try new.put(Tables.identityLiveness, record.id, own)
            }
            return true
        }
        try inheritFates(new, now, &report)
        try source.rows(Tables.identities, in: old) { place, _ in
            if try !new.contains(Tables.identities, place) { report.goneIdentities += 1 }
        }
    }

    /// Whether the replaced log says that it was deleted: that it is not there could also tell of a store from before it was made.
    private func isDeleted(_ record: IdentityRecord, _ source: ReplacedStore, _ old: borrowing WriteTransaction) -> Bool {
        var isDeleted = false
        try? old.scanKeys(
            Tables.auditIndex, prefix: AuditIndex.prefix(record.orgId, .identity, record.id), descending: true, limit: 1000
        ) { key in
            guard let place = AuditIndex.Place(endOf: key), let entry = source.row(Tables.audit, place.sequence, in: old),
                let told = try? entry.record(), told.action == .identityDeleted, told.identityId == record.id
            else { return true }
            isDeleted = true
            return false
        }
        return isDeleted
    }

    /// - Parameters:
    ///   - former: its record in the replaced store, where that can be read.
    ///   - live: what authentication went by there.
    private func take(
        _ former: IdentityRecord?, _ live: IdentityRecord.Status?, over record: IdentityRecord, _ new: borrowing WriteTransaction,
        _ now: Timestamp, _ report: inout RestoreReport
    ) throws {
        var merged = record
        let status = [former?.status, live].compactMap(\.self).max { $0.rank < $1.rank } ?? record.status
        if status.rank > record.status.rank {
            merged.status = status
            merged.suspendedAt = former?.suspendedAt ?? (status == .suspended ? now : nil)
            merged.suspendReason = former?.suspendReason
            if status == .suspended { report.suspendedIdentities += 1 } else { report.retiredIdentities += 1 }
        }
        if let former, let held = ScopeSet.trusted(stored: record.scopes), let since = ScopeSet.trusted(stored: former.scopes),
            !held.isSubset(of: since)
        {
            merged.scopes = held.cut(to: since).texts
            report.narrowedIdentities += 1
        }
        try put(merged, replacing: record, new, now)
    }

    private func put(
        _ merged: IdentityRecord, replacing record: IdentityRecord, _ new: borrowing WriteTransaction, _ now: Timestamp
    ) throws {
        guard merged != record else { return }
        var merged = merged
        merged.updatedAt = now
        try IdentityIndex.put(merged, replacing: record, in: new)
        guard merged.status != record.status, var row = try new.get(Tables.identityLiveness, record.id) else { return }
        row.status = merged.status
        try new.put(Tables.identityLiveness, record.id, row)
    }

    /// An identity of which nothing was learned shares the fate of those that it came from.
    private func inheritFates(_ new: borrowing WriteTransaction, _ now: Timestamp, _ report: inout RestoreReport) throws {
        try new.scan(Tables.identities, limit: .max) { _, record in
            var worst = record.status
            var next = record.parentId
            var steps = 0
            while let id = next, steps <= Authority.longestSponsorChain {
                guard let parent = try new.get(Tables.identities, OwnedKey(record.orgId, id)) else {
                    worst = .retired
                    break
                }
                if parent.status.rank > worst.rank { worst = parent.status }
                next = parent.parentId
                steps += 1
            }
            guard worst != record.status else { return true }
            var merged = record
            merged.status = worst
            if worst == .suspended {
                merged.suspendedAt = now
                merged.suspendReason = "parent_suspended"
                report.suspendedIdentities += 1
            } else {
                report.retiredIdentities += 1
            }
            try put(merged, replacing: record, new, now)
            return true
        }
    }

    private func delete(_ record: IdentityRecord, _ new: borrowing WriteTransaction, _ now: Timestamp) throws {
        try IdentityIndex.remove(record, in: new)
        try new.delete(Tables.identityLiveness, record.id)
        try LegacyMark.noteDeleted(record.id, in: new)
        try new.delete(Tables.identityUses, OwnedKey(record.orgId, record.id))
        try new.delete(Tables.identityDescendants, record.id)
        try Authority.letGoSoon(record.id, of: record.parentId, at: now, in: new)
    }

    func mergeKeys(
        _ source: ReplacedStore, _ old: borrowing WriteTransaction, _ new: borrowing WriteTransaction, _ now: Timestamp,
        _ deaths: ToldDeaths, _ report: inout RestoreReport
    ) throws {
        try new.scan(Tables.apiKeys, limit: .max) { place, record in
            guard record.revokedAt == nil else { return true }
            var merged = record
            let former = source.row(Tables.apiKeys, place, in: old)
            var row: APIKeyRow?
            if let hash = try new.get(Tables.apiKeyHashes, place)?.bytes { row = source.row(Tables.apiKeysByHash, hash, in: old) }
            if let former { take(former, over: &merged) }
            // What authenticates says as much as the record, and so does the log: each may be what can still be read.
            if let row { take(row, over: &merged) }
            if merged.revokedAt == nil, let died = deaths.revokedAPIKeys[record.id] { merged.revokedAt = died }
            if former == nil, row == nil, merged.revokedAt == nil, record.expiresAt.map({ now < $0 }) ?? true {
                report.unknownAPIKeys.add(RestoreReport.APIKey(record))
            }
            // What acts as an identity dies with it.
            if merged.revokedAt == nil, let owner = record.identityId,
                try new.get(Tables.identities, OwnedKey(record.orgId, owner)).map({ $0.status == .retired }) ?? true
            {
                merged.revokedAt = now
                merged.revokeReason = "identity_retired"
            }
            if merged.revokedAt != nil {
                report.revokedAPIKeys += 1
            } else if merged.expiresAt != record.expiresAt {
                report.shortenedAPIKeys += 1
            }
            try put(merged, replacing: record, at: place, new)
            return true
        }
        try source.rows(Tables.apiKeys, in: old) { place, record in
            guard record.revokedAt == nil, record.expiresAt.map({ now < $0 }) ?? true, try !new.contains(Tables.apiKeys, place) else {
                return
            }
            report.goneAPIKeys.add(RestoreReport.APIKey(record))
        }
    }

    private func take(_ row: APIKeyRow, over record: inout APIKeyRecord) {
        guard row.id == record.id else { return }
        record.revokedAt = record.revokedAt ?? row.revokedAt
        if let end = row.expiresAt, !record.isReplaced { record.expiresAt = record.expiresAt.map { min($0, end) } ?? end }
    }

    private func take(_ former: APIKeyRecord, over record: inout APIKeyRecord) {
        if let revokedAt = former.revokedAt {
            record.revokedAt = revokedAt
            record.revokeReason = former.revokeReason
        }
        guard let end = former.expiresAt else { return }
        if let replacedAt = former.replacedAt, !record.isReplaced {
            record.replace(by: former.replacedBy ?? "", at: replacedAt, endingAt: end)
        } else {
            record.expiresAt = record.expiresAt.map { min($0, end) } ?? end
        }
    }

    private func put(
        _ merged: APIKeyRecord, replacing record: APIKeyRecord, at place: OwnedKey, _ new: borrowing WriteTransaction
    ) throws {
        guard merged.revokedAt != nil || merged.expiresAt != record.expiresAt || merged.isReplaced != record.isReplaced else { return }
        try APIKeyEnd.forget(record, in: new)
        try new.put(Tables.apiKeys, place, merged)
        if let hash = try new.get(Tables.apiKeyHashes, place)?.bytes { try new.put(Tables.apiKeysByHash, hash, APIKeyRow(merged)) }
        if merged.revokedAt != nil {
            try new.delete(Tables.organisationTokens, place)
        } else {
            try APIKeyEnd.note(merged, isTold: !merged.isReplaced, in: new)
        }
    }
}

extension IdentityRecord.Status {
    /// Further on the way that leads out.
    fileprivate var rank: Int {
        switch self {
        case .active: 0
        case .suspended: 1
        case .retired: 2
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
