import ArgumentParser
import LatchkeyAuthority

struct Fsck: AsyncCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check every row of a store against all others, with the daemon stopped; or of a backup.",
        discussion: """
            latchkey fsck --state-dir /var/lib/latchkey
            latchkey fsck --state-dir /var/lib/latchkey --repair
            latchkey fsck --backup monday.backup

            It changes nothing, unless --repair is given: then what follows from other rows (indexes, counts, lists) is made anew in one commit, and \
            the audit log says so. What can't be made anew is left as it is: restore a backup.
            """
    )

    @Option(help: ArgumentHelp("The state directory of the install.", valueName: "dir"))
    var stateDir: String?

    @Option(help: ArgumentHelp("In place of a state directory: a backup.", valueName: "file"))
    var backup: String?

    @OptionGroup var passphrase: PassphraseOptions

    @Flag(help: "Put right what can be.")
    var repair = false

    @Flag(help: "Print JSON, for programs.")
    var json = false

    func validate() throws {
        guard (stateDir == nil) != (backup == nil) else { throw ValidationError("give either --state-dir or --backup") }
        guard !repair || backup == nil else { throw ValidationError("a backup is never changed: leave --repair away") }
        guard passphrase.passphraseFile == nil || backup != nil else { throw ValidationError("--passphrase-file goes with --backup") }
    }

    func run() async throws {
        let store = try backup.map { try StoppedStore(backup: $0, passphrase) } ?? StoppedStore(stateDirectory: stateDir ?? ".")
        let report = try store.look(CheckReport.self, ["check", store.path] + (repair ? ["--repair"] : []), restoring: restoring)
        try tell(report)
        guard report.isSound else {
            let left = report.total - report.repaired
            let faults = "\(left) \(left == 1 ? "fault" : "faults")"
            let untouched = report.problem.map { "; nothing was repaired: \($0)" } ?? ""
            throw CommandFailure(.failed, "the store is not sound: \(faults)\(untouched)", hint: hint(report))
        }
    }

    private func hint(_ report: CheckReport) -> String {
        guard let stateDir else { return "it is no backup to rely on: make another one while the daemon still runs" }
        guard !repair, report.repairable == report.total else { return restoring }
        return "all of it can be made anew: latchkey fsck --state-dir \(ShellWord.quoted(stateDir)) --repair"
    }

    private var restoring: String {
        guard let stateDir else { return "take another backup, or another copy of this one" }
        return "keep the store as it is, and restore a backup: latchkey restore FILE --state-dir \(ShellWord.quoted(stateDir))"
    }

    private func tell(_ report: CheckReport) throws {
        if json { return try Output.json(try Output.sorted(report)) }
        for finding in report.findings {
            let mark = finding.isRepaired ? "repaired" : finding.isRepairable ? "can be repaired" : finding.kind.rawValue
            try Output.line("\(finding.table): \(Shown.squeezed(finding.sentence)) (\(mark))")
        }
        if report.total > report.findings.count { try Output.line("and \(report.total - report.findings.count) more") }
        let verdict = report.total == 0 ? "sound" : report.isSound ? "sound again" : "not sound"
        try Facts.print([
            ("store", verdict), ("rows", "\(report.rows) in \(report.counts.count) tables"), ("faults", String(report.total)),
            ("repaired", repair ? String(report.repaired) : nil), ("written by", report.writer),
        ])
    }
}
