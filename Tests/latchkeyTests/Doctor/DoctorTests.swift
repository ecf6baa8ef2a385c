import FoundationEssentials
import Glibc
import Testing

/// The doctor as a whole: what it looks at, and in what state it leaves it.
@Suite(.timeLimit(.minutes(2))) struct DoctorTests {
    @Test func `a healthy install has nothing to complain of, by every check`() async throws {
        try await DoctorKit.with { daemon, _ in
            let answer = try await DoctorKit.examine(daemon)
            #expect(answer.checks.map(\.check) == DoctorKit.checks)
            #expect(answer.speaking == DoctorKit.usual, "\(answer.checks)")
            #expect(answer.verdict == "warning" && answer.failed == 0 && answer.warnings == 1 && answer.skipped == 0)
        }
    }

    @Test func `people get a line for each check, and under it what mends it`() async throws {
        try await DoctorKit.with(hasBackup: false) { daemon, _ in
            let rows = try await daemon.run("doctor").lines.map { $0.split(separator: "\t").map(String.init) }
            #expect(rows.map { $0[1] } == DoctorKit.checks && rows.allSatisfy { $0.count == 4 })
            #expect(rows.contains(["warning", "backup", "no backup was ever made of this install", "latchkey backup create FILE"]))
            let script = "export TERM=xterm NO_COLOR=1; exec script -qec \"'$0' $*\" /dev/null < /dev/null"
            let shown = try await daemon.run("doctor", shell: script).output.split(separator: "\r\n").map(String.init)
            let place = try #require(shown.firstIndex { $0.hasPrefix("! warning  backup           no backup was ever made") })
            #expect(shown[place + 1] == String(repeating: " ", count: 28) + "mend it: latchkey backup create FILE")
            #expect(shown.count(where: { $0.hasPrefix("✓ ok       ") }) == DoctorKit.checks.count - 2)
        }
    }

    @Test func `it changes nothing, and prints nothing that is secret`() async throws {
        try await DoctorKit.with { daemon, scratch in
            let before = try Self.files(scratch)
            let entries = try await daemon.run("audit", "query", "--json").output
            let run = try await daemon.run("doctor", "--json")
            #expect(run.code == 0)
            #expect(try await daemon.run("audit", "query", "--json").output == entries)
            #expect(try Self.files(scratch) == before)
            let key = try scratch.read("state/master.key").filter { !$0.isNewline }
            #expect(!run.output.contains(key) && !run.output.contains("lk_"))
        }
    }

    /// Names, owners, modes and sizes; the store's pages change by themselves when the daemon notes the time.
    private static func files(_ scratch: ScratchDirectory) throws -> [String] {
        try FileManager.default.subpathsOfDirectory(atPath: scratch.path).sorted().compactMap { name in
            scratch.status(name).map { "\(name) \($0.st_mode) \($0.st_uid) \(name.hasSuffix(".mdb") ? 0 : $0.st_size)" }
        }
    }

    @Test func `with the daemon stopped it says so, what it could not ask, and looks at the rest`() async throws {
        try await ScratchDirectory.with { scratch in
            let other = scratch["other"]
            _ = try await DaemonProcess.with(stateDirectory: other) { $0.pid }
            let answer = try await DoctorKit.examine(["--state-dir", other])
            #expect(answer.speaking == DoctorKit.usual.union(["socket"]) && answer.failed == 1)
            let socket = try answer.check("socket")
            #expect(socket.finding == "there is no socket at \(other)/admin.sock" && socket.mend == "latchkey serve --state-dir \(other)")
            for name in ["version", "signing", "clock", "master-key", "jwks", "cutover", "api-keys", "backup"] {
                let check = try answer.check(name)
                #expect(check.verdict == "skipped" && check.finding.contains("it does not answer"), "\(name)")
            }
            let store = try answer.check("store")
            #expect(store.verdict == "skipped" && store.mend == "latchkey fsck --state-dir \(other)")
            for name in ["state-directory", "store-files", "room", "master-key-file"] {
                #expect(try answer.check(name).verdict == "ok", "\(name)")
            }
        }
    }

    @Test func `a daemon that does not say how it is is not called well`() async throws {
        let run = try await FakeRun.of(["doctor", "--json"]) { _ in (200, "{}") }
        let answer = try run.run.json(DoctorAnswer.self)
        #expect(answer.checks.map(\.check) == DoctorKit.checks)
        let asked: Set = [
            "version", "store", "signing", "room", "clock", "master-key", "master-key-disk", "certificate", "jwks", "cutover", "api-keys",
            "backup",
        ]
        for check in answer.checks where asked.contains(check.check) { #expect(check.verdict != "ok", "\(check)") }
    }

    @Test(.enabled(if: geteuid() == 0, "only root can become somebody else"))
    func `somebody who may not ask is told who may, and nothing has failed for that`() async throws {
        try await DoctorKit.with { daemon, scratch in
            let become = "exec setpriv --reuid 65534 --regid 65534 --clear-groups \"$0\" \"$@\""
            let answer = try await DoctorKit.examine(daemon, "--state-dir", daemon.stateDirectory, shell: become)
            #expect(answer.failed == 0 && answer.speaking == [])
            let socket = try answer.check("socket")
            #expect(socket.verdict == "skipped" && socket.finding.contains("root") && socket.mend == "sudo latchkey doctor")
            // Others may pass through the directory, and still not ask.
            chmod(scratch.path, 0o755)
            chmod(daemon.stateDirectory, 0o755)
            let nearer = try await DoctorKit.examine(daemon, "--state-dir", daemon.stateDirectory, shell: become)
            #expect(nearer.speaking == DoctorKit.usual.union(["state-directory"]))
            for name in ["socket", "store-files", "master-key-file"] { #expect(try nearer.check(name).verdict == "skipped", "\(name)") }
        }
    }

    @Test(arguments: [
        ["--ca-file", "x"], ["--url", "nowhere"], ["--url", "http://127.0.0.1:1", "--ca-file", "x"],
        ["--socket", String(repeating: "x", count: 108)],
    ])
    func `a command line that makes no sense is usage`(_ arguments: [String]) async throws {
        #expect(try await Tool.run(["doctor"] + arguments).code == 2)
    }
}
