import LatchkeyScopes
import LatchkeyStore
import LatchkeyVerifier

extension RestoreMerge {
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
            // Its maker was deleted, and so it was, too. Makers come before what they made.
            if let maker = record.parentId, try !new.contains(Tables.identities, OwnedKey(record.orgId, maker)) {
                try delete(record, new, now)
                report.deletedIdentities += 1
                return true
            }
            var worst = record.status
            var next = record.parentId
            var steps = 0
            while let id = next, steps <= Authority.longestSponsorChain {
                guard let parent = try new.get(Tables.identities, OwnedKey(record.orgId, id)) else { break }
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
