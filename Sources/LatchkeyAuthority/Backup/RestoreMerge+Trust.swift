import LatchkeyStore
import LatchkeyVerifier

/// The trust anchors, what was revoked, and the bundles that are out.
extension RestoreMerge {
    /// How far, in seconds, ids that nobody knows of any more may be ahead of the clock of this host: each of the two clocks may be off by what
    /// is still taken for right.
    private static let unknownIdMargin = 2 * SteadyClock.tolerance / 1000

    /// Anchors that are passed over where the last one is not known.
    private static let anchorGap: UInt64 = 1_000_000

    /// The newest anchor of the two stores signs, where its private half can be opened; that of every other one is destroyed. Under another
    /// master key the backup's own goes on, and what followed it is remembered, so that no number comes twice.
    func mergeAnchors(
        _ source: ReplacedStore, _ old: borrowing WriteTransaction, _ new: borrowing WriteTransaction, _ now: Timestamp, isSameSeal: Bool,
        _ report: inout RestoreReport
    ) throws {
        guard var install = try new.get(Tables.install, InstallRecord.key), let own = try new.get(Tables.anchors, install.anchor) else {
            return
        }
        try source.rows(Tables.anchors, in: old) { id, former in
            if try new.contains(Tables.anchors, id) { return }
            var record = former
            if !isSameSeal { record.sealedSeed = nil }
            try new.put(Tables.anchors, id, record)
        }
        guard let signing = source.row(Tables.install, InstallRecord.key, in: old)?.anchor, signing != own.id,
            let successor = try new.get(Tables.anchors, signing), successor.place > own.place
        else { return }
        guard successor.sealedSeed != nil else {
            report.lostAnchor = try successor.publicHalf().fingerprint
            return
        }
        report.hasNewerAnchor = true
        install.anchor = successor.id
        try new.put(Tables.install, InstallRecord.key, install)
        for record in try Authority.anchors(in: new) where record.id != successor.id && record.sealedSeed != nil {
            try new.put(Tables.anchors, record.id, record.ended(at: now))
        }
    }

    /// Numbers go on where the replaced store was, and the bundles that it gave out are known.
    func mergeTrust(
        _ source: ReplacedStore, _ old: borrowing WriteTransaction, _ new: borrowing WriteTransaction
    ) throws {
        for number in TrustNumber.allCases {
            let former = source.row(Tables.trustNumbers, number.rawValue, in: old)?.sequence ?? 0
            // One that is too great tells as little as one that can't be read.
            guard !source.isUnreadable(Tables.trustNumbers, number.rawValue, in: old), former <= number.greatest else {
                try Self.passOver(number, new)
                continue
            }
            try number.raise(to: former, in: new)
        }
        try source.rows(Tables.bundles, in: old) { sequence, row in
            guard sequence <= TrustNumber.bundle.greatest else { return }
            try new.put(Tables.bundles, sequence, row)
            try TrustNumber.bundle.raise(to: sequence, in: new)
        }
        var last: UInt64 = 0
        try source.rows(Tables.revocations, in: old) { number, _ in
            guard number <= TrustNumber.revocation.greatest else { return }
            last = max(last, number)
        }
        try TrustNumber.revocation.raise(to: last, in: new)
    }

    /// Where nothing was learned, numbers may have been given that nobody knows of any more.
    static func passOver(_ number: TrustNumber, _ new: borrowing WriteTransaction) throws {
        switch number {
        case .cut, .everything: break
        case .anchor:
            let last = try Authority.anchors(in: new).map(\.place).max() ?? 0
            try number.raise(to: max(UInt64(clamping: last), number.last(in: new)) + anchorGap, in: new)
        case .bundle, .revocation: try number.raise(to: number.last(in: new) + gap, in: new)
        }
    }

    /// Where nothing was learned, bundles may have been given out after the backup. As long as one of them can be in use, keys that are born now
    /// do not sign by plan, and a revocation of these keys tells of its holders. An install that had never made a bundle has none.
    func expectBundles(_ new: borrowing WriteTransaction, _ now: Timestamp) throws {
        guard try TrustNumber.bundle.last(in: new) > 0 else { return }
        let until = now.adding(seconds: KeyTimings().maxBundleLife)
        for key in try Authority.signingKeys(in: new) where key.leftAt == nil {
            var held = key
            held.heldByBundlesUntil = max(key.heldByBundlesUntil ?? until, until)
            try new.put(Tables.signingKeys, key.kid, held)
        }
    }

    /// Everything that was ever issued is dead: one line of each bundle says so, also of what is in neither store any more.
    /// What it names is a millisecond of ids, which may stand a little ahead of the clock.
    func cutEverything(_ new: borrowing WriteTransaction, _ now: Timestamp) throws {
        let edge = max(now, try Authority.newestId(in: new) ?? now).adding(seconds: Self.unknownIdMargin)
        try TrustNumber.cut.raise(to: UInt64(max(0, edge.milliseconds)), in: new)
        try RevocationLog.noteEverything(upTo: edge, in: new)
    }
}
