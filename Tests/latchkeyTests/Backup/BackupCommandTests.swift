import FoundationEssentials
import Glibc
@testable import LatchkeyAuthority
import LatchkeyStore
import Synchronization
import Testing

/// Backups by the real executable.
@Suite(.timeLimit(.minutes(4))) struct BackupCommands {
    @Test func `a backup is made whole, for its owner alone, and proven in five lines`() async throws {
        try await ScratchDirectory.with { scratch in
            let made = try await BackupKit.prepare(scratch) { daemon, made in
                let again = try await daemon.run("backup", "create", made.backup)
                #expect(again.code == 1 && again.errors.contains("exists already") && again.errors.contains("--replace"))
                let replaced = try await daemon.run("backup", "create", made.backup, "--replace", "--json")
                #expect(replaced.code == 0 && replaced.output.contains(#""encrypted":false"#) && replaced.errors.isEmpty)
                // The daemon on this host knows the master key.
                let verified = try await Tool.run(
                    ["backup", "verify", made.backup], environment: ["LATCHKEY_SOCKET": daemon.socket, "TMPDIR": scratch.path])
                #expect(verified.code == 0, "\(verified.errors)")
                #expect(verified.lines.count == 5 && verified.lines[4] == "token    minted (RS256) and verified")
            }
            #expect(scratch.status("b.backup")?.st_mode == S_IFREG | 0o600)
            let verified = try await BackupKit.tool(scratch, "backup", "verify", made.backup, "--master-key-file", made.masterKey)
            #expect(
                verified.code == 0 && verified.lines.map { $0.prefix(8) } == ["file    ", "records ", "indexes ", "keys    ", "token   "])
            #expect(verified.lines[3].contains("2 signing keys and 1 trust anchor opened, signed and verified"))
            let json = try await BackupKit.tool(scratch, "backup", "verify", made.backup, "--master-key-file", made.masterKey, "--json")
            #expect(json.code == 0 && json.output.contains(#""passed":true"#))
            // Nothing is left of the look.
            #expect(scratch.names.sorted() == ["b.backup", "state"])
            let nowhere = try await BackupKit.tool(scratch, "backup", "verify", made.backup, "--socket", scratch["none"])
            #expect(nowhere.code == 1 && nowhere.errors.contains("no master key") && nowhere.errors.contains("--without-keys"))
            let without = try await BackupKit.tool(scratch, "backup", "verify", made.backup, "--without-keys")
            #expect(without.code == 0 && without.lines[3].contains("not tried"))
        }
    }

    @Test func `a damaged or shortened backup is named as that, and ends nothing`() async throws {
        try await ScratchDirectory.with { scratch in
            let made = try await BackupKit.prepare(scratch)
            let good = try BackupKit.bytes(made.backup)
            func verdict(_ bytes: [UInt8]) async throws -> Tool.Run {
                try BackupKit.write(bytes, scratch["bad.backup"])
                return try await BackupKit.tool(scratch, "backup", "verify", scratch["bad.backup"], "--without-keys")
            }
            for index in stride(from: 0, to: good.count, by: good.count / 20) + [17, 20, 22, good.count - 33, good.count - 1] {
                var bad = good
                bad[index] ^= 0x40
                let run = try await verdict(bad)
                #expect(run.code == 1 && run.output.isEmpty && run.errors.hasPrefix("latchkey: the file"), "byte \(index): \(run.errors)")
            }
            for count in [0, 5, 18, 21, 100, good.count / 2, good.count - 33, good.count - 1] {
                let run = try await verdict(Array(good.prefix(count)))
                #expect(run.code == 1 && run.errors.contains(count < 18 ? "not a backup" : "cut short"), "\(count): \(run.errors)")
            }
            // In this process, where it costs less, at many more places.
            for index in stride(from: 0, to: good.count, by: 499) {
                var bad = good
                bad[index] ^= 0x01
                #expect(throws: BackupError.self, "byte \(index)") { try read(bad) }
                #expect(throws: BackupError.self, "cut to \(index)") { try read(Array(good.prefix(index))) }
            }
            let restored = try await BackupKit.tool(scratch, "restore", scratch["bad.backup"], "--state-dir", made.state, "--yes")
            #expect(restored.code == 1 && restored.errors.contains("cut short"))
            #expect(try await BackupKit.tool(scratch, "fsck", "--state-dir", made.state).code == 0)
        }
    }

    private func read(_ bytes: [UInt8]) throws {
        var reader = BackupReader()
        try reader.read(bytes) { _ in }
        try reader.finish()
    }

    @Test func `a store that was damaged before it was backed up fells the reader at most, never the command`() async throws {
        try await ScratchDirectory.with { scratch in
            let made = try await BackupKit.prepare(scratch)
            let (header, store) = try BackupKit.content(made.backup)
            var refused = 0
            let places =
                stride(from: 24, to: store.count, by: max(1, store.count / 24)).map { $0 } + [4096 + 136, 136, 4096 + 128, 8192 + 12]
            for place in places {
                var bad = store
                for offset in 0..<min(8, bad.count - place) { bad[place + offset] ^= 0xA5 }
                try BackupKit.wrap(header, bad, to: scratch["bad.backup"])
                let run = try await BackupKit.tool(
                    scratch, "backup", "verify", scratch["bad.backup"], "--master-key-file", made.masterKey)
                #expect(run.code == 0 || run.code == 1, "at \(place): \(run)")
                if run.code == 1 { refused += 1 }
                #expect(run.code == 0 || !run.errors.isEmpty)
            }
            #expect(refused >= 4, "too few of the changes hit something")
            // Half of its pages are gone.
            try BackupKit.wrap(header, Array(store.prefix(store.count / 2)), to: scratch["bad.backup"])
            let cut = try await BackupKit.tool(scratch, "backup", "verify", scratch["bad.backup"], "--without-keys")
            #expect(cut.code == 1)
            let restored = try await BackupKit.tool(
                scratch, "restore", scratch["bad.backup"], "--state-dir", made.state, "--yes")
            #expect(restored.code == 1)
            #expect(try await BackupKit.tool(scratch, "fsck", "--state-dir", made.state).code == 0)
            #expect(scratch.names.sorted() == ["b.backup", "bad.backup", "state"])
        }
    }

    @Test func `an encrypted backup opens with its passphrase alone, which is no argument and not shown`() async throws {
        try await ScratchDirectory.with { scratch in
            try scratch.write("several words \"of\" mine\nnot this\n", to: "words")
            chmod(scratch["words"], 0o600)
            try scratch.write("other words\n", to: "wrong")
            chmod(scratch["wrong"], 0o600)
            let state = scratch["state"]
            _ = try await DaemonProcess.with(stateDirectory: state) { daemon in
                let made = try await daemon.run(
                    "backup", "create", scratch["e.backup"], "--passphrase-file", scratch["words"], "--with-master-key")
                #expect(made.code == 0 && made.output.contains("master key\tin the backup\n"), "\(made.errors)")
                let clear = try await daemon.run("backup", "create", scratch["c.backup"], "--with-master-key")
                #expect(clear.code == 2 && scratch.status("c.backup") == nil)
                let typed = try await daemon.run(
                    "backup", "create", scratch["t.backup"], "--encrypt",
                    shell: """
                        export TERM=xterm LATCHKEY_SOCKET='\(daemon.socket)'; cd '\(scratch.path)' && mkfifo typing
                        script -qefc "'$0' $*" /dev/null < typing > seen & exec 3> typing
                        until grep -q 'passphrase for' seen; do :; done; echo 'words that I typed' >&3
                        until grep -q 'the same again' seen; do :; done; echo 'words that I typed' >&3
                        wait $!; code=$?; cat seen; exit $code
                        """)
                #expect(typed.code == 0 && !typed.output.contains("words that I typed"), "\(typed.output) \(typed.errors)")
                #expect(scratch.status("t.backup") != nil)
            }
            let right = try await BackupKit.tool(scratch, "backup", "verify", scratch["e.backup"], "--passphrase-file", scratch["words"])
            #expect(right.code == 0 && right.lines[0].contains("encrypted") && right.lines[3].contains("the master key of the backup"))
            let wrong = try await BackupKit.tool(scratch, "backup", "verify", scratch["e.backup"], "--passphrase-file", scratch["wrong"])
            #expect(wrong.code == 1 && wrong.errors.contains("passphrase is not the one"))
            let none = try await BackupKit.tool(scratch, "backup", "verify", scratch["e.backup"], shell: "setsid -w \"$0\" \"$@\"")
            #expect(none.code == 2 && none.errors.contains("--passphrase-file"))
            // On a host that has nothing: the master key comes with it.
            let restored = try await BackupKit.tool(
                scratch, "restore", scratch["e.backup"], "--state-dir", scratch["fresh"], "--passphrase-file", scratch["words"], "--yes")
            #expect(restored.code == 0, "\(restored.errors)")
            #expect(try scratch.read("fresh/master.key") == scratch.read("state/master.key"))
            #expect(scratch.status("fresh/master.key")?.st_mode == S_IFREG | 0o400)
            _ = try await DaemonProcess.with(stateDirectory: scratch["fresh"]) { daemon in
                let (status, identity) = try await (daemon.run("status"), daemon.identity("new").id)
                #expect(status.output.contains("healthy"))
                #expect(try await daemon.run("tokens", "issue", "--identity", identity).code == 0)
            }
        }
    }

    @Test func `backups in a directory are named by the time, and so many are kept`() async throws {
        try await ScratchDirectory.with { scratch in
            mkdir(scratch["all"], 0o700)
            try scratch.write("x", to: "all/notes")
            _ = try await DaemonProcess.with(stateDirectory: scratch["state"]) { daemon in
                #expect(try await daemon.run("backup", "create", scratch["first.backup"]).code == 0)
                for day in ["01", "02"] {
                    try BackupKit.write(
                        BackupKit.bytes(scratch["first.backup"]), scratch["all/latchkey-202501\(day)T000000Z.backup"])
                }
                let made = try await daemon.run("backup", "create", "--directory", scratch["all"], "--keep", "2", "--json")
                #expect(made.code == 0 && made.output.contains(#""removed":["latchkey-20250101T000000Z.backup"]"#), "\(made.errors)")
                let names = try FileManager.default.contentsOfDirectory(atPath: scratch["all"]).sorted()
                #expect(names.count == 3 && names.contains("notes") && names.contains("latchkey-20250102T000000Z.backup"))
                #expect(try await daemon.run("backup", "create", "--keep", "2", scratch["x"]).code == 2)
                #expect(try await daemon.run("backup", "create").code == 2)
            }
        }
    }

    @Test func `a daemon that breaks off, and a kill, leave no file of the name, and an old one as it was`() async throws {
        try await ScratchDirectory.with { scratch in
            try scratch.write("the old one", to: "b.backup")
            let half = FakeDaemon(path: scratch["half"]) { _ in
                FakeDaemon.chunked(["latchkey-backup 1\n"], type: "application/octet-stream", isWhole: false)
            }
            defer { half.stop() }
            let other = FakeDaemon(path: scratch["other"]) { _ in
                FakeDaemon.chunked(["something else altogether"], type: "application/octet-stream")
            }
            defer { other.stop() }
            for socket in ["half", "other"] {
                for arguments in [["new.backup"], ["b.backup", "--replace"]] {
                    let run = try await Tool.run(
                        ["backup", "create", scratch[arguments[0]], "--socket", scratch[socket]] + arguments.dropFirst())
                    #expect(run.code == 1, "\(socket): \(run.errors)")
                    #expect(scratch.status("new.backup") == nil)
                    #expect(try scratch.read("b.backup") == "the old one")
                }
            }
        }
    }

    @Test func `a kill in the middle leaves no file of the name, and an old one as it was; what it left goes with a later run`()
        async throws
    {
        try await ScratchDirectory.with { scratch in
            try scratch.write("the old one", to: "b.backup")
            let asker = Mutex<pid_t>(0)
            // A whole header and half of a chunk, and then nothing more.
            let header =
                #"{"expectedBytes":30000,"installId":"inst_1","madeAt":"2026-03-01T12:00:00.000Z","masterKey":false,"schemaVersion":1,"writer":"test"}"#
            let start = "latchkey-backup 1\n\u{0}\u{0}\u{1}\u{10}" + header + String(repeating: " ", count: 0x110 - header.utf8.count)
            let body = start + "\u{0}\u{0}\u{40}\u{0}" + String(repeating: "x", count: 8000)
            let daemon = FakeDaemon(path: scratch["s"]) { request in
                asker.withLock { $0 = request.pid }
                let head = "HTTP/1.1 200 OK\r\ncontent-type: application/octet-stream\r\ntransfer-encoding: chunked\r\n\r\n"
                return head + String(body.utf8.count, radix: 16) + "\r\n" + body + "\r\n"
            }
            defer { daemon.stop() }
            for (arguments, count) in [(["new.backup"], 1), (["b.backup", "--replace"], 2)] {
                async let run = Tool.run(["backup", "create", scratch[arguments[0]], "--socket", scratch["s"]] + arguments.dropFirst())
                var left: [String] = []
                while left.count < count || left.contains(where: { scratch.status($0)?.st_size != off_t(body.utf8.count) }) {
                    left = scratch.names.filter { $0.hasPrefix(".latchkey-") }
                    await Task.yield()
                }
                kill(asker.withLock { $0 }, SIGKILL)
                let ended = try await run
                #expect(ended.code == nil)
                #expect(scratch.status("new.backup") == nil)
                #expect(try scratch.read("b.backup") == "the old one")
            }
            // Of two minutes ago: what is being made just now is nobody's leftover.
            for name in scratch.names where name.hasPrefix(".latchkey-") {
                var times = [timeval(tv_sec: time(nil) - 120, tv_usec: 0), timeval(tv_sec: time(nil) - 120, tv_usec: 0)]
                utimes(scratch[name], &times)
            }
            try scratch.write("somebody else's", to: ".latchkey-notes")
            let none = try await Tool.run(["backup", "create", scratch["new.backup"], "--socket", scratch["nowhere"]])
            #expect(none.code == 4 && scratch.names == [".latchkey-notes", "b.backup", "s"])
        }
    }
}
