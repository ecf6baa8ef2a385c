import FoundationEssentials
import LatchkeyAuthority
import LatchkeyVerifier

/// What a restore did, or would do, for people and for programs.
struct RestoreResult {
    enum Outcome {
        /// A dry run, and the store that is where it was.
        case nothing(String?)
        case done(Restoration.Ending)
    }

    /// Things of a kind that are listed for people one by one.
    private static let most = 50

    let proven: Restoration.Proven
    let report: RestoreReport

    private var header: BackupHeader { proven.drill.content.header }

    /// What a person is shown before it is done.
    var plan: [String] { proven.drill.lines + facts(nil).map { "\($0.name): \($0.value ?? "")" }.filter { !$0.hasSuffix(": ") } }

    func facts(_ outcome: Outcome) -> [(name: String, value: String?)] {
        switch outcome {
        case .nothing(let store):
            return [("restored", "nothing: this was a dry run\(store.map { "; \($0) is as it was" } ?? "")")] + facts(nil)
        case .done(let ending):
            return [("restored", "the install \(header.installId), as it was at \(header.madeAt)")] + facts(ending)
        }
    }

    private func facts(_ ending: Restoration.Ending?) -> [(name: String, value: String?)] {
        let died = [
            (report.revokedKeys, "API keys revoked"), (report.shortenedKeys, "API keys that end sooner"),
            (report.suspendedIdentities, "identities suspended"), (report.retiredIdentities, "identities retired"),
            (report.deletedIdentities, "identities deleted"), (report.narrowedIdentities, "identities that hold less"),
            (report.changedSigningKeys, "signing keys further on"), (report.newSigningKeys, "signing keys born since"),
        ].filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }
        return [
            ("replaced store", ending?.replaced.map { "kept as \($0); remove it when all is well" }),
            ("taken over", report.notMerged == nil ? (died.isEmpty ? "nothing had died since" : died.joined(separator: ", ")) : nil),
            ("not taken over", report.notMerged.map { "\($0): what was revoked since the backup is not known here" }),
            ("audit log", "\(report.auditEntries) entries from after the backup; goes on at \(report.auditSequence)"),
            (
                "lost entries",
                report.lostAuditEntries > 0 ? "\(report.lostAuditEntries) entries of the log that could not be read; they were there" : nil
            ),
            (
                "heads",
                report.notMerged == nil && !report.logGoesOn
                    ? "the replaced log was not this one with more behind it: heads that were written down since the backup don't hold"
                    : nil
            ),
            ("trust anchor", anchor),
            ("sessions", "all ended, \(report.endedSessions) of them live: whoever had a token asks for a new one"),
            (
                "unknown keys",
                report.unknownKeys.count > 0
                    ? "\(report.unknownKeys.count) API keys that may have been revoked since; they are listed" : nil
            ),
            (
                "unknown identities",
                report.unknownIdentities.count > 0 ? "\(report.unknownIdentities.count) that may have been suspended since" : nil
            ),
            (
                "lost keys",
                report.lostKeys.count > 0 ? "\(report.lostKeys.count) API keys made after the backup, which are valid no more" : nil
            ),
            ("lost identities", report.lostIdentities > 0 ? "\(report.lostIdentities) made after the backup" : nil),
            ("master key", ending?.placedMasterKey.map { "put at \($0), from the backup" }),
            ("next", ending == nil ? nil : "start the daemon, and look: latchkey status"),
        ]
    }

    private var anchor: String? {
        if report.hasNewerAnchor { return "the one that followed the backup's signs" }
        return report.lostAnchor.map {
            "the backup's signs; the one that followed it, \($0), can't be opened here: whoever trusts that one needs this one's file"
        }
    }

    /// Keys one by one, for whoever has to ask their owners.
    var lists: [String] {
        Self.lines("unknown", report.unknownKeys) + Self.lines("lost", report.lostKeys)
    }

    private static func lines(_ what: String, _ keys: RestoreReport.List<RestoreReport.Key>) -> [String] {
        var lines = keys.first.prefix(most).map { "\(what) key: \($0.prefix) \($0.id) \(Shown.word($0.name))" }
        if keys.count > lines.count { lines.append("and \(keys.count - lines.count) more (--json names \(keys.first.count))") }
        return lines
    }

    private struct Answer: Encodable {
        let restored: Bool
        let installId: String
        let madeAt: String
        let replacedStore: String?
        let masterKey: String?
        let report: RestoreReport
    }

    func json(_ outcome: Outcome) throws -> [UInt8] {
        var ending: Restoration.Ending?
        if case .done(let done) = outcome { ending = done }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return Array(
            try encoder.encode(
                Answer(
                    restored: ending != nil, installId: header.installId, madeAt: header.madeAt.description,
                    replacedStore: ending?.replaced,
                    masterKey: ending?.placedMasterKey, report: report)))
    }
}
