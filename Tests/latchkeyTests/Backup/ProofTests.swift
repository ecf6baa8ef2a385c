import FoundationEssentials
import Glibc
@testable import LatchkeyAuthority
import LatchkeyCrypto
import LatchkeyStore
import LatchkeyVerifier
import Testing

@testable import latchkey

/// What is said of backups and stores, and whether it is so.
@Suite(.timeLimit(.minutes(4))) struct Proofs {
    private static func spoil(_ state: String) throws {
        try Store.rehearse(directory: state + "/store", schema: Tables.schema(writer: "test")) { transaction, _ in
            let record = try transaction.first(Tables.identities)!.row
            try transaction.delete(Tables.identityLiveness, record.id)
            return ((), .commit)
        }
    }

    @Test func `the checksum that is told is the one of the file`() async throws {
        try await ScratchDirectory.with { scratch in
            let made = try await BackupKit.prepare(scratch) { daemon, made in
                let told = try await daemon.run("backup", "create", made.backup, "--replace")
                let digest = Hexadecimal.text(SHA256.hash(try BackupKit.bytes(made.backup)))
                #expect(told.output.contains("sha-256\t\(digest)\n"))
                let json = try await daemon.run("backup", "create", made.backup, "--replace", "--json")
                let second = Hexadecimal.text(SHA256.hash(try BackupKit.bytes(made.backup)))
                #expect(json.output.contains(#""sha256":"\#(second)""#))
            }
            let digest = Hexadecimal.text(SHA256.hash(try BackupKit.bytes(made.backup)))
            let verified = try await BackupKit.tool(scratch, "backup", "verify", made.backup, "--without-keys", "--json")
            #expect(verified.output.contains(#""sha256":"\#(digest)""#))
        }
    }

    @Test func `a damaged file is told of as JSON, too, when that is asked for`() async throws {
        try await ScratchDirectory.with { scratch in
            let made = try await BackupKit.prepare(scratch)
            try BackupKit.write(Array(BackupKit.bytes(made.backup).dropLast()), scratch["cut.backup"])
            let run = try await BackupKit.tool(scratch, "backup", "verify", scratch["cut.backup"], "--without-keys", "--json")
            #expect(run.code == 1 && run.output.contains(#""passed":false"#) && run.output.contains("cut short"), "\(run.output)")
        }
    }

    @Test func `with --verify a backup is proven before an old one goes, and none goes when it is not sound`() async throws {
        try await ScratchDirectory.with { scratch in
            mkdir(scratch["all"], 0o700)
            let create = ["backup", "create", "--directory", scratch["all"], "--verify", "--keep", "1", "--json"]
            let environment = ["LATCHKEY_SOCKET": scratch["state/admin.sock"], "TMPDIR": scratch.path]
            let old = "latchkey-20250101T000000Z.backup"
            _ = try await BackupKit.prepare(scratch) { daemon, made in
                try BackupKit.write(BackupKit.bytes(made.backup), scratch["all/" + old])
                let proven = try await Tool.run(create, environment: environment)
                #expect(proven.code == 0 && proven.output.contains(#""proven":true,"keysTried":true"#), "\(proven.errors)")
                #expect(proven.output.contains(#""removed":["\#(old)"]"#))
            }
            let before = try FileManager.default.contentsOfDirectory(atPath: scratch["all"])
            #expect(before.count == 1)
            try Self.spoil(scratch["state"])
            _ = try await DaemonProcess.with(stateDirectory: scratch["state"]) { _ in
                var run = try await Tool.run(create, environment: environment)
                // Two within a second have one name.
                while run.errors.contains("exists already") { run = try await Tool.run(create, environment: environment) }
                #expect(run.code == 1 && run.errors.contains("not one to rely on"), "\(run.errors)")
            }
            let after = try FileManager.default.contentsOfDirectory(atPath: scratch["all"])
            #expect(after.count == 2 && after.contains(before[0]))
            #expect(!scratch.names.contains { $0.hasPrefix("latchkey-drill-") })
        }
    }

    @Test func `what fsck says is to be done can be done as it stands there`() async throws {
        try await ScratchDirectory.with { scratch in
            let made = try await BackupKit.prepare(scratch)
            let state = scratch["a state"]
            try FileManager.default.moveItem(atPath: made.state, toPath: state)
            try Store.rehearse(directory: state + "/store", schema: Tables.schema(writer: "test")) { transaction, _ in
                let key = try transaction.first(Tables.identitiesByFilter)!.key
                try transaction.delete(Tables.identitiesByFilter, key)
                return ((), .commit)
            }
            let found = try await BackupKit.tool(scratch, "fsck", "--state-dir", state)
            let hint = try #require(found.errors.split(separator: "\n").last { $0.hasPrefix("hint: ") })
            let words = try #require(hint.firstRange(of: "latchkey ")).lowerBound
            let mended = try await BackupKit.tool(scratch, "version", shell: String(hint[words...]))
            #expect(mended.code == 0 && mended.output.contains("store\tsound again\n"), "\(hint): \(mended.errors)")
            try Self.spoil(state)
            let beyond = try await BackupKit.tool(scratch, "fsck", "--state-dir", state, "--repair")
            #expect(beyond.code == 1 && beyond.errors.contains("latchkey restore FILE --state-dir '\(state)'"), "\(beyond.errors)")
            #expect(beyond.output.contains("store\tnot sound\n"))
        }
    }

    @Test func `a dry run of a restore needs nobody to say yes`() async throws {
        try await ScratchDirectory.with { scratch in
            let made = try await BackupKit.prepare(scratch)
            let look = try await BackupKit.tool(
                scratch, "restore", made.backup, "--state-dir", made.state, "--dry-run", shell: "setsid -w \"$0\" \"$@\" < /dev/null")
            #expect(look.code == 0 && look.output.contains("this was a dry run"), "\(look.errors)")
            let real = try await BackupKit.tool(
                scratch, "restore", made.backup, "--state-dir", made.state, shell: "setsid -w \"$0\" \"$@\" < /dev/null")
            #expect(real.code == 2 && real.errors.contains("--yes"))
        }
    }

    @Test func `a drill's lines are about all that was found, not about the first of it`() throws {
        var report = DrillReport()
        for number in 0..<1500 {
            report.check.add(CheckFinding(kind: .stray, table: "makings", sentence: "stray \(number)", isRepairable: true))
        }
        report.check.add(CheckFinding(kind: .unreadable, table: "sessions", sentence: "a row is unreadable", isRepairable: false))
        let header = BackupHeader(
            installId: "inst_1", madeAt: SystemClock().now(), schemaVersion: 1, writer: "test", expectedBytes: 1, masterKey: false,
            encryption: nil)
        let content = BackupFile.Content(header: header, masterKey: nil, checksum: [], sha256: [], storeBytes: 1)
        let lines = DrillResult(content: content, report: report, masterKey: nil, fallen: nil).lines
        #expect(lines[1] == "records  NOT GOOD: a row is unreadable")
        #expect(lines[2] == "indexes  NOT GOOD: stray 0; stray 1; stray 2; and 1497 more")
    }

    @Test func `progress is one line that is written over, not too often, and taken away`() {
        var now = ContinuousClock.now
        var written: [String] = []
        var progress = BackupProgress(
            "reading", expected: 3_000_000,
            on: ProgressLine(isShown: true, now: { now }, write: { written.append(String(decoding: $0, as: UTF8.self)) }))
        progress.set(1_000_000)
        #expect(written.isEmpty)
        now += .milliseconds(250)
        progress.set(1_000_000)
        progress.set(1_100_000)
        now += .milliseconds(250)
        progress.set(4_000_000)
        #expect(
            written.count == 2 && written[0] == "\rreading: 1.0 MB of about 3.0 MB"
                && written[1].hasPrefix("\rreading: 4.0 MB of about 4.0 MB"))
        progress.clear()
        #expect(written.count == 4 && written[2] == "\r" + String(repeating: " ", count: 31) && written[3] == "\r")
        progress.clear()
        #expect(written.count == 4)
        var silent = BackupProgress(
            "reading", expected: nil, on: ProgressLine(isShown: false, now: { now }, write: { _ in Issue.record("nobody watches") }))
        now += .seconds(1)
        silent.set(1)
        silent.clear()
    }
}
