import LatchkeyStore
import LatchkeyVerifier

extension RestoreMerge {
    func mergeAPIKeys(
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
