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
            (report.revokedAPIKeys, "API key revoked", "API keys revoked"),
            (report.shortenedAPIKeys, "API key that ends sooner", "API keys that end sooner"),
            (report.suspendedIdentities, "identity suspended", "identities suspended"),
            (report.retiredIdentities, "identity retired", "identities retired"),
            (report.deletedIdentities, "identity deleted", "identities deleted"),
            (report.narrowedIdentities, "identity that holds less", "identities that hold less"),
            (report.tightenedOrganisations, "organisation with tighter limits", "organisations with tighter limits"),
            (report.changedSigningKeys, "signing key further on", "signing keys further on"),
            (report.newSigningKeys, "signing key born since", "signing keys born since"),
        ].filter { $0.0 > 0 }.map { Self.counted($0.0, $0.1, $0.2) }
        return [
            ("replaced store", ending?.replaced.map { "kept as \($0); remove it when all is well" }),
            ("taken over", report.notMerged == nil ? (died.isEmpty ? "nothing had died since" : died.joined(separator: ", ")) : nil),
            ("not taken over", report.notMerged.map { "\($0): what was revoked since the backup is not known here" }),
            (
                "audit log",
                "\(Self.counted(report.auditEntries, "entry", "entries")) from after the backup; goes on at \(report.auditSequence)"
            ),
            (
                "lost entries",
                report.lostAuditEntries > 0
                    ? "\(Self.counted(report.lostAuditEntries, "entry", "entries")) of the log that could not be read, which were there"
                    : nil
            ),
            (
                "heads",
                report.notMerged == nil && !report.logGoesOn
                    ? "the replaced log was not this one with more behind it: heads that were written down since the backup don't hold"
                    : nil
            ),
            (
                "damaged log",
                report.logFaults > 0
                    ? "\(Self.counted(report.logFaults, "fault", "faults")) in the audit log, which is evidence and stays as it is: "
                        + "\(report.logFault ?? "it differs"); look with latchkey audit verify" : nil
            ),
            (
                "log begun anew",
                report.logBegunAnew
                    ? "the tree of the backup's audit log was damaged, and nothing could have been written: it was made anew over the entries that are "
                        + "there. Keep the backup: heads and checkpoints from before may not hold here, and another backup may have them"
                    : nil
            ),
            ("trust anchor", anchor),
            ("sessions", "all ended, \(report.endedSessions) of them live: whoever had a token asks for a new one"),
            (
                "unknown API keys",
                report.unknownAPIKeys.count > 0
                    ? "\(Self.counted(report.unknownAPIKeys.count, "API key", "API keys")) that may have been revoked since, listed below"
                    : nil
            ),
            (
                "unknown identities",
                report.unknownIdentities.count > 0
                    ? "\(report.unknownIdentities.count) that may have been suspended since, listed below" : nil
            ),
            (
                "unknown signing keys",
                report.unknownSigningKeys.count > 0
                    ? "\(report.unknownSigningKeys.count) that may have been revoked since, listed below with what to do" : nil
            ),
            (
                "unknown cutover",
                report.unknownCutover.map {
                    "it stands at \($0), with its secret: if that was purged since, purge it again: latchkey cutover purge"
                }
            ),
            (
                "gone API keys",
                report.goneAPIKeys.count > 0
                    ? "\(Self.counted(report.goneAPIKeys.count, "API key", "API keys")) made after the backup, no longer valid, listed below"
                    : nil
            ),
            ("gone identities", report.goneIdentities > 0 ? "\(report.goneIdentities) made after the backup" : nil),
            ("master key", ending?.placedMasterKey.map { "put at \($0), from the backup" }),
            (
                "directory",
                ending?.rootsDirectory.map {
                    "made, and root's: give it to the daemon's user, as with: chown -R USER: \(ShellWord.quoted($0))"
                }
            ),
            (
                "next",
                ending == nil ? nil : "start the daemon (\(Packaged.start), which brings its sockets, too), and look: latchkey status"
            ),
        ]
    }

    private var anchor: String? {
        if report.hasNewerAnchor { return "the one that followed the backup's signs" }
        return report.lostAnchor.map {
            "the backup's signs; the one that followed it, \($0), can't be opened here: whoever trusts that one needs this one's file"
        }
    }

    private static func counted(_ count: some BinaryInteger, _ one: String, _ many: String) -> String {
        "\(count) \(count == 1 ? one : many)"
    }

    /// One by one, for whoever has to ask their owners.
    var lists: [String] {
        Self.lines(report.unknownSigningKeys) {
            "unknown signing key: \($0.kid), \($0.state); if it was revoked, do it again: latchkey signing-keys revoke \($0.kid) --reason WHY"
        }
            + Self.lines(report.unknownAPIKeys) { "unknown API key: \($0.prefix) \($0.id) \(Shown.word($0.name))" }
            + Self.lines(report.unknownIdentities) { "unknown identity: \($0)" }
            + Self.lines(report.goneAPIKeys) { "gone API key: \($0.prefix) \($0.id) \(Shown.word($0.name))" }
    }

    private static func lines<Element>(_ list: RestoreReport.List<Element>, _ line: (Element) -> String) -> [String] {
        var lines = list.first.prefix(most).map(line)
        if list.count > lines.count { lines.append("and \(list.count - lines.count) more (--json names \(list.first.count))") }
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
        return try Output.sorted(
            Answer(
                restored: ending != nil, installId: header.installId, madeAt: header.madeAt.description, replacedStore: ending?.replaced,
                masterKey: ending?.placedMasterKey, report: report))
    }
}
