import ArgumentParser
import LatchkeyCrypto
import LatchkeyVerifier

struct VerifyAudit: AsyncCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Derive the whole tree of the audit log anew, and name the first entry that differs.",
        discussion: """
            latchkey audit verify --anchor anchor.pem --head '4711 6e34 0b9c …'
            latchkey audit verify --state-dir /var/lib/latchkey --head "$(cat head-of-monday)"
            latchkey audit verify --backup monday.backup

            It asks the daemon for every entry; with --state-dir, the daemon stopped, or --backup, it reads the store itself. With a head that was \
            written down it shows that the log still begins with what it was then; without one nobody can tell whether its tail was cut off, or \
            was made anew by somebody who has the trust anchor's private half. Ends with 5 when the log is not what it was.
            """
    )

    @Option(help: ArgumentHelp("A head that was written down, in any spacing; may be repeated.", valueName: "line"))
    var head: [String] = []

    @Option(
        help: ArgumentHelp(
            "The trust anchor of the install; those that followed it are found from there. May be repeated.", valueName: "file"))
    var anchor: [String] = []

    @Option(help: ArgumentHelp("In place of the daemon: the state directory of a stopped one.", valueName: "dir"))
    var stateDir: String?

    @Option(help: ArgumentHelp("In place of the daemon: a backup.", valueName: "file"))
    var backup: String?

    @OptionGroup var passphrase: PassphraseOptions
    @OptionGroup var daemon: SocketOptions

    private static let advice =
        "keep the store as it is, copy it away, and look who could write it; a backup has the log of its time: latchkey audit verify --backup FILE"

    func validate() throws {
        guard stateDir == nil || backup == nil else { throw ValidationError("give --state-dir or --backup, not both") }
        guard passphrase.passphraseFile == nil || backup != nil else { throw ValidationError("--passphrase-file goes with --backup") }
        guard daemon.socket == nil || (stateDir == nil && backup == nil) else {
            throw ValidationError("--socket asks a running daemon; --state-dir and --backup ask none")
        }
    }

    func run() async throws {
        let heads = try head.map { line throws(CommandFailure) in
            do throws(LogError) {
                return try LogHead(parsing: line)
            } catch {
                throw CommandFailure(.usage, "--head: \(error.message)")
            }
        }
        let anchors = try anchor.map(TrustFiles.anchor)
        try tell(LogResult(report: try await report(heads, anchors), isAnchored: !anchors.isEmpty))
    }

    private func report(_ heads: [LogHead], _ anchors: [TrustAnchor]) async throws -> LogReport {
        if stateDir != nil || backup != nil {
            let store = try backup.map { try StoppedStore(backup: $0, passphrase) } ?? StoppedStore(stateDirectory: stateDir ?? ".")
            let options = heads.flatMap { ["--head", $0.description] } + anchors.map { "--anchor=" + Base64URL.encode($0.raw) }
            return try store.look(LogReport.self, ["log", store.path] + options, restoring: Self.advice)
        }
        return try await DaemonClient.with(daemon) { try await $0.logReport(heads, anchors) }
    }

    private func tell(_ result: LogResult) throws {
        if daemon.json {
            try Output.json(result.json)
        } else {
            for problem in result.problems { try Output.line(Shown.text(problem)) }
            try Facts.print(result.facts)
        }
        if head.isEmpty {
            Output.note(
                "note: without --head nobody can tell whether the log's tail was cut off, or made anew; write one down: latchkey audit head"
            )
        }
        guard result.report.isGood else {
            throw CommandFailure(
                .unverified, "the audit log is not what it was: \(result.problems.first ?? "it differs")",
                hint: Self.advice
            )
        }
    }
}

extension DaemonClient {
    /// Derives the tree of the daemon's log anew.
    fileprivate func logReport(_ heads: [LogHead], _ anchors: [TrustAnchor]) async throws(CommandFailure) -> LogReport {
        let path = "/v1/admin/audit/log"
        var part = try LogPart(try await get(path))
        let install = part.install
        var extent = part.extent
        var examination = LogExamination(
            install: install, heads: heads, anchors: anchors, statements: part.statements, known: part.anchors)
        examination.genesis = part.genesis
        // Each follows what came in during the one before; there is an end to it, however busy the daemon is.
        var rounds = 5
        var progress = ProgressLine()
        defer { progress.clear() }
        while true {
            guard part.install == install, part.extent == extent, part.page.first == examination.size else {
                throw CommandFailure(.failed, "the daemon answers with another part of its log than it was asked for; try again")
            }
            examination.take(part.page)
            progress.set("\(examination.size) of \(extent) entries")
            if examination.size < extent, !part.page.leaves.isEmpty {
                part = try LogPart(try await get("\(path)?from=\(examination.size)&extent=\(extent)"))
                continue
            }
            // What retention removed while this went on is told by entries that came in since.
            guard examination.awaitsNotes, rounds > 0 else { break }
            rounds -= 1
            part = try LogPart(try await get("\(path)?from=\(examination.size)"))
            extent = part.extent
            if part.page.leaves.isEmpty { break }
        }
        return examination.finish()
    }
}
