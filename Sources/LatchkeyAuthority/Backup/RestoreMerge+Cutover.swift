import LatchkeyStore
import LatchkeyVerifier

extension RestoreMerge {
    /// A cutover stands where it stood last: a step back was the operator's word as much as a step forward. What was purged stays purged.
    func mergeCutover(
        _ source: ReplacedStore, _ old: borrowing WriteTransaction, _ new: borrowing WriteTransaction, _ now: Timestamp, isSameSeal: Bool,
        _ report: inout RestoreReport
    ) throws {
        guard let former = source.row(Tables.cutover, CutoverRecord.key, in: old) else { return try listUnknownCutover(new, &report) }
        let own = try new.get(Tables.cutover, CutoverRecord.key)
        var merged = own.map { $0.isLater(than: former) ? $0 : former } ?? former
        if !isSameSeal, merged.sealedSecret != nil { merged.sealedSecret = own?.kid == merged.kid ? own?.sealedSecret : nil }
        if merged.sealedSecret == nil, merged.phase != .purged {
            // Its secret can't be opened here, so it is over.
            merged.phase = .purged
            merged.phaseSince = now
        }
        if merged.phase == .purged { merged.sealedSecret = nil }
        if merged != own { try new.put(Tables.cutover, CutoverRecord.key, merged) }
    }

    /// A secret that the backup holds, and of which it could not be learned whether it was purged since.
    func listUnknownCutover(_ new: borrowing WriteTransaction, _ report: inout RestoreReport) throws {
        guard let own = try new.get(Tables.cutover, CutoverRecord.key), own.phase != .purged else { return }
        report.unknownCutover = own.phase.rawValue
    }
}

extension CutoverRecord {
    /// Whether this is the later word on the same cutover, or another secret that took its place.
    fileprivate func isLater(than other: CutoverRecord) -> Bool {
        if (phase == .purged) != (other.phase == .purged) { return phase == .purged }
        return (importedAt, phaseSince) > (other.importedAt, other.phaseSince)
    }
}
