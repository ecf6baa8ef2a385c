import LatchkeyVerifier

/// What is not wrong, and wants somebody's attention: a cutover on its way, keys that end, backups that are old.
struct LifeChecks {
    /// Seconds after which a backup is old.
    private static let week: Int64 = 7 * 86_400

    private let install: ExaminedInstall

    init(_ install: ExaminedInstall) { self.install = install }

    var findings: [Finding] { [cutover, endingKeys, backup] }

    private var cutover: Finding {
        let check = "cutover"
        guard let status = install.status, status["signingKeys"] != nil else { return .skipped(check, install.silence) }
        guard let phase = status["cutover"]?["phase"]?.text, phase != "none", phase != "purged" else {
            return .ok(check, "none stands open")
        }
        let since = status["cutover"]?["since"]?.text.map { " since \($0)" } ?? ""
        let meaning = PhaseWords.meaning(of: phase).map { ": \($0)" } ?? ""
        return .warning(check, "a cutover stands open at \(phase)\(since)\(meaning)", mend: "latchkey cutover status")
    }

    private var endingKeys: Finding {
        let check = "api-keys"
        guard let status = install.status else { return .skipped(check, install.silence) }
        guard status["endingApiKeys"]?["keys"]?.elements != nil else { return .skipped(check, install.silence) }
        let ending = EndingKeys(status)
        let within = status["endingApiKeys"]?["withinDays"]?.integer.map { " within \($0) days" } ?? " soon"
        guard let first = ending.keys.first else { return .ok(check, "none ends\(within)") }
        let count = "\(ending.hasMore ? "more than " : "")\(ending.keys.count)"
        let words = ending.keys.count == 1 && !ending.hasMore ? "1 API key ends\(within)" : "\(count) API keys end\(within), the first"
        return .warning(check, "\(words): \(first.words)", mend: first.mend)
    }

    private var backup: Finding {
        let check = "backup"
        guard let status = install.status, status["store"] != nil else { return .skipped(check, install.silence) }
        let make = install.isPackaged ? "systemctl start latchkey-backup.service" : "latchkey backup create FILE"
        guard let moment = status["lastBackupAt"]?.moment else {
            return .warning(check, "no backup was ever made of this install", mend: make)
        }
        let words = "the newest backup is of \(moment), \(TimeAway.text(from: install.now, to: moment))"
        return install.now.seconds - moment.seconds > Self.week ? .warning(check, words, mend: make) : .ok(check, words)
    }
}
