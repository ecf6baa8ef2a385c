import FoundationEssentials
import Glibc
@testable import LatchkeyAuthority
import Testing

@testable import latchkey

/// What a restore does only on the operator's word, and what on nobody's.
@Suite(.timeLimit(.minutes(4))) struct RestoreWords {
    /// A program that is ended by a signal when it is to read the replaced store, and else is the real one.
    private func child(_ scratch: ScratchDirectory, ending signal: String) throws -> StoreChild {
        try scratch.write(
            """
            #!/bin/sh
            case "$*" in *" --replaced "*) kill -\(signal) $$ ;; esac
            exec '\(Tool.path)' "$@"
            """, to: "child")
        chmod(scratch["child"], 0o755)
        return StoreChild(program: scratch["child"])
    }

    private func report(
        _ made: BackupKit.Prepared, _ words: Restoration.Words, _ child: StoreChild
    ) async throws -> RestoreReport {
        let key = try FoundMasterKey.read(made.masterKey)
        let restoration = try Restoration(
            directory: made.state, masterKey: key, at: MasterKeyPlace(path: made.masterKey), words, child: child)
        defer { restoration.abandon() }
        let backup = try BackupFile(path: made.backup)
        let proven = try await restoration.prove(backup, nil)
        return try restoration.merge(backup, nil, proven)
    }

    @Test(arguments: ["KILL", "ABRT", "TRAP", "ILL", "TERM"])
    func `a reader that somebody or something ended says nothing of the store: nothing is changed, whatever the word`(
        _ signal: String
    ) async throws {
        try await ScratchDirectory.with { scratch in
            let made = try await BackupKit.prepare(scratch)
            let before = try BackupKit.bytes(made.state + "/store/data.mdb")
            var failure: CommandFailure?
            do {
                _ = try await report(made, Restoration.Words(withoutMerge: true), child(scratch, ending: signal))
            } catch let error as CommandFailure {
                failure = error
            }
            #expect(failure?.message.contains("nothing was changed") == true, "\(String(describing: failure))")
            #expect(try BackupKit.bytes(made.state + "/store/data.mdb") == before)
            #expect(try FileManager.default.contentsOfDirectory(atPath: made.state).filter { $0.hasPrefix("store.") } == [])
        }
    }

    @Test(arguments: ["BUS", "SEGV"])
    func `a store that fells its reader is gone past on the operator's word alone`(_ signal: String) async throws {
        try await ScratchDirectory.with { scratch in
            let made = try await BackupKit.prepare(scratch)
            let reader = try child(scratch, ending: signal)
            await #expect(throws: BackupError(.refused, "")) { try await report(made, Restoration.Words(), reader) }
            let merged = try await report(made, Restoration.Words(withoutMerge: true), reader)
            #expect(merged.notMerged?.contains("SIG\(signal)") == true)
            #expect(merged.unknownAPIKeys.first.map(\.id) == [made.key.id] && merged.unknownSigningKeys.count == 2)
        }
    }

    @Test func `a reader whose time is up is ended, and says nothing of the store`() async throws {
        try await ScratchDirectory.with { scratch in
            try scratch.write("#!/bin/sh\nexec sleep 600\n", to: "child")
            chmod(scratch["child"], 0o755)
            var fallen: StoreChild.Fallen?
            do {
                _ = try StoreChild(program: scratch["child"], patience: 0)
                    .run(RestoreReport.self, ["merge"], masterKey: nil, report: scratch["report"], storeBytes: 1)
            } catch let error as StoreChild.Fallen {
                fallen = error
            }
            #expect(fallen?.isDamage == false && fallen?.sentence.contains("did not come to an end") == true)
        }
    }

    @Test func `the reader ends itself when the process that it works for is not there any more`() async throws {
        try await ScratchDirectory.with { scratch in
            let made = try await BackupKit.prepare(scratch)
            let run = try await Tool.run([
                "store-work", "check", made.state + "/store", "--report", scratch["report"], "--parent", "1", "--user", "0",
            ])
            #expect(run.code == nil && scratch.status("report") == nil)
        }
    }

    @Test func `a store without its data file is replaced on the operator's word alone`() async throws {
        try await ScratchDirectory.with { scratch in
            let made = try await BackupKit.prepare(scratch)
            unlink(made.state + "/store/data.mdb")
            let refused = try await BackupKit.tool(scratch, "restore", made.backup, "--state-dir", made.state, "--yes")
            #expect(refused.code == 1 && refused.errors.contains("no data file") && refused.errors.contains("--without-merge"))
            let done = try await BackupKit.tool(scratch, "restore", made.backup, "--state-dir", made.state, "--yes", "--without-merge")
            #expect(done.code == 0, "\(done.errors)")
        }
    }

    @Test func `a backup that says that it is another install's than its store is, is good for nothing`() async throws {
        try await ScratchDirectory.with { scratch in
            let made = try await BackupKit.prepare(scratch)
            let (header, store) = try BackupKit.content(made.backup)
            func forged(_ id: String, _ version: Int) -> BackupHeader {
                BackupHeader(
                    installId: id, madeAt: header.madeAt, schemaVersion: version, writer: header.writer,
                    expectedBytes: header.expectedBytes,
                    masterKey: false, encryption: nil)
            }
            for other in [forged("inst_01EVAL00000000000000000000", header.schemaVersion), forged(header.installId, 7)] {
                try BackupKit.wrap(other, store, to: scratch["bad.backup"])
                let verified = try await BackupKit.tool(
                    scratch, "backup", "verify", scratch["bad.backup"], "--master-key-file", made.masterKey)
                #expect(verified.code == 1 && verified.lines.first?.contains("NOT GOOD: it says that") == true, "\(verified.output)")
                let restored = try await BackupKit.tool(
                    scratch, "restore", scratch["bad.backup"], "--state-dir", made.state, "--yes", "--without-keys")
                #expect(restored.code == 1 && restored.errors.contains("it says that") && restored.errors.contains("nothing was changed"))
            }
            #expect(try FileManager.default.contentsOfDirectory(atPath: made.state).filter { $0.hasPrefix("store.") } == [])
        }
    }

    @Test func `no daemon starts beside a restore, and makes no new install there`() async throws {
        try await ScratchDirectory.with { scratch in
            mkdir(scratch["state"], 0o700)
            let lock = try #require(try StateDirectoryLock(scratch["state"], isShared: false))
            let run = try await Tool.run(["serve", "--state-dir", scratch["state"], "--listen", "127.0.0.1:0"])
            #expect(run.code == 1 && run.errors.contains("a restore is at work"), "\(run.errors)")
            #expect(try FileManager.default.contentsOfDirectory(atPath: scratch["state"]) == [])
            withExtendedLifetime(lock) {}
        }
    }

    @Test func `a state directory that the daemon would refuse is refused`() async throws {
        try await ScratchDirectory.with { scratch in
            let made = try await BackupKit.prepare(scratch)
            chmod(made.state, 0o755)
            let run = try await BackupKit.tool(scratch, "restore", made.backup, "--state-dir", made.state, "--yes")
            #expect(run.code == 1 && run.errors.contains("chmod 0700"), "\(run.errors)")
        }
    }
}
