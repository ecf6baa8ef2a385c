import FoundationEssentials
import Glibc
@testable import LatchkeyAuthority
import LatchkeyStore
import Testing

/// Restores by the real executable.
@Suite(.timeLimit(.minutes(4))) struct RestoreCommands {
    private func restore(_ scratch: ScratchDirectory, _ made: BackupKit.Prepared, _ more: String...) async throws -> Tool.Run {
        try await Tool.run(["restore", made.backup, "--state-dir", made.state] + more, environment: ["TMPDIR": scratch.path])
    }

    private func replaced(_ made: BackupKit.Prepared) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: made.state).filter { $0.hasPrefix("store.") }.sorted()
    }

    @Test func `what died after the backup stays dead, what was made after it is gone, and the rest goes on`() async throws {
        try await ScratchDirectory.with { scratch in
            let after = try await lifeAfter(scratch)
            let made = after.made
            let before = try BackupKit.bytes(made.state + "/store/data.mdb")
            let dry = try await restore(scratch, made, "--dry-run", "--yes")
            #expect(dry.code == 0 && dry.output.contains("this was a dry run"), "\(dry.errors)")
            #expect(try BackupKit.bytes(made.state + "/store/data.mdb") == before && replaced(made) == [])
            let done = try await restore(scratch, made, "--yes", "--json")
            #expect(done.code == 0, "\(done.errors)")
            let names = try replaced(made)
            #expect(names.count == 1 && names[0].hasPrefix("store.replaced-"))
            #expect(try BackupKit.bytes(made.state + "/" + names[0] + "/data.mdb") == before)
            for text in [#""restored":true"#, #""revokedAPIKeys":1"#, #""count":1"#, after.lost.id] {
                #expect(done.output.contains(text), "\(done.output)")
            }
            _ = try await DaemonProcess.with(stateDirectory: made.state) { daemon in
                #expect(try await !BackupKit.isGood(after.dead, daemon, scratch))
                #expect(try await !BackupKit.isGood(after.lost, daemon, scratch))
                #expect(try await BackupKit.isGood(made.key, daemon, scratch))
                #expect(try await daemon.run("tokens", "introspect", "-", input: after.token).code == 1)
                #expect(try await daemon.run("tokens", "issue", "--identity", made.identity).code == 0)
                let told = try await daemon.run("audit", "query", "--action", "backup.restored")
                #expect(told.lines.count == 1)
                #expect(try await daemon.run("audit", "query", "--action", "api_key.revoked").lines.count == 1)
            }
        }
    }

    private struct After {
        let made: BackupKit.Prepared
        let dead: BackupKit.Minted
        let lost: BackupKit.Minted
        let token: String
    }

    private func lifeAfter(_ scratch: ScratchDirectory) async throws -> After {
        let state = scratch["state"]
        return try await DaemonProcess.with(stateDirectory: state) { daemon in
            let (key, dead) = try await (BackupKit.mint(daemon, "before"), BackupKit.mint(daemon, "dead"))
            let identity = try await daemon.identity("sage").id
            #expect(try await daemon.run("backup", "create", scratch["b.backup"]).code == 0)
            let made = BackupKit.Prepared(state: state, backup: scratch["b.backup"], key: key, identity: identity)
            let running = try await restore(scratch, made, "--yes")
            #expect(running.code == 1 && running.errors.contains("stop it first"), "\(running.errors)")
            #expect(try await daemon.run("api-keys", "revoke", dead.id).code == 0)
            let token = try await daemon.pair(identity).accessToken
            return After(made: made, dead: dead, lost: try await BackupKit.mint(daemon, "after"), token: token)
        }.value
    }

    @Test func `a killed restore leaves the old store whole, or the new one, and the next one goes through`() async throws {
        try await ScratchDirectory.with { scratch in
            let made = try await BackupKit.prepare(scratch) { daemon, made in
                let revoked = try await daemon.run("api-keys", "revoke", made.key.id)
                #expect(revoked.code == 0)
            }
            var hits = 0
            // Killed as soon as something of it is seen, from its first trace to its last.
            for trace in [
                "latchkey-drill-*", "latchkey-drill-*/report.json", "store.restoring-*", "store.restoring-*/data.mdb", "store.restored-*",
                "store.replaced-*",
            ] {
                _ = try await BackupKit.tool(
                    scratch, "restore", made.backup, "--state-dir", made.state, "--yes",
                    shell: """
                        cd '\(scratch.path)' && rm -f ended pid
                        { "$0" "$@" > /dev/null 2>&1 & echo $! > pid; wait $!; echo $? > ended; } &
                        until test -s pid; do :; done; read -r pid < pid
                        until test -e ended; do for seen in '\(made.state)'/\(trace); do test -e "$seen" && kill -9 $pid && break; done; done
                        wait
                        """)
                if try scratch.read("ended") == "137\n" { hits += 1 }
                let sound = try await BackupKit.tool(scratch, "fsck", "--state-dir", made.state)
                #expect(sound.code == 0, "killed at \(trace): \(sound.output) \(sound.errors)")
            }
            // The last traces are short-lived.
            #expect(hits >= 4, "too few of the kills met it")
            let done = try await restore(scratch, made, "--yes")
            #expect(done.code == 0, "\(done.errors)")
            let left = try FileManager.default.contentsOfDirectory(atPath: made.state)
            // One that was killed before it had its lock can't be told from one that is being made; there is nothing in it.
            let drills = left.filter { $0.hasPrefix("latchkey-drill-") && access("\(made.state)/\($0)/store", F_OK) == 0 }
            #expect(drills.isEmpty && !left.contains { $0.hasPrefix("store.rest") }, "\(left)")
            let isGood = try await DaemonProcess.with(stateDirectory: made.state) { try await BackupKit.isGood(made.key, $0, scratch) }
                .value
            #expect(!isGood)
        }
    }

    @Test func `a replaced store that can't be read is replaced on the operator's word alone, and every key is listed`() async throws {
        try await ScratchDirectory.with { scratch in
            let made = try await BackupKit.prepare(scratch)
            var bytes = try BackupKit.bytes(made.state + "/store/data.mdb")
            // Every page but the first two, whose numbers stay right.
            for index in stride(from: 8192, to: bytes.count, by: 3) { bytes[index] ^= 0x5A }
            try BackupKit.write(bytes, made.state + "/store/data.mdb")
            let refused = try await restore(scratch, made, "--yes")
            #expect(refused.code == 1 && refused.errors.contains("--without-merge") && refused.errors.contains("nothing was changed"))
            #expect(try replaced(made) == [] && BackupKit.bytes(made.state + "/store/data.mdb") == bytes)
            let done = try await restore(scratch, made, "--yes", "--without-merge")
            #expect(done.code == 0, "\(done.errors)")
            #expect(done.output.contains("not taken over\t") && done.output.contains("unknown API key: lk_"), "\(done.output)")
            #expect(done.lines.count { $0.hasPrefix("unknown signing key: ") && $0.contains("latchkey signing-keys revoke ") } == 2)
            #expect(done.output.contains("unknown identity: \(made.identity)"))
            let isGood = try await DaemonProcess.with(stateDirectory: made.state) { try await BackupKit.isGood(made.key, $0, scratch) }
                .value
            #expect(isGood)
        }
    }

    @Test func `without the right master key nothing is restored, unless the operator says so`() async throws {
        try await ScratchDirectory.with { scratch in
            let made = try await BackupKit.prepare(scratch)
            unlink(made.masterKey)
            let none = try await restore(scratch, made, "--yes")
            #expect(none.code == 1 && none.errors.contains("no master key"))
            try scratch.write(String(repeating: "A", count: 43) + "\n", to: "state/master.key")
            chmod(made.masterKey, 0o400)
            let wrong = try await restore(scratch, made, "--yes")
            #expect(wrong.code == 1 && wrong.errors.contains("nothing was changed"))
            #expect(try replaced(made) == [])
            let forced = try await restore(scratch, made, "--yes", "--without-keys")
            #expect(forced.code == 0, "\(forced.errors)")
        }
    }

    @Test func `fsck looks at a stopped daemon's store or a backup, and mends what it can`() async throws {
        try await ScratchDirectory.with { scratch in
            let made = try await BackupKit.prepare(scratch) { daemon, made in
                let running = try await BackupKit.tool(scratch, "fsck", "--state-dir", made.state)
                #expect(running.code == 1 && running.errors.contains("in use"))
            }
            let sound = try await BackupKit.tool(scratch, "fsck", "--state-dir", made.state)
            #expect(sound.code == 0 && sound.output.contains("store\tsound\n"), "\(sound.errors)")
            #expect(try await BackupKit.tool(scratch, "fsck", "--backup", made.backup).code == 0)
            try Store.rehearse(directory: made.state + "/store", schema: Tables.schema(writer: "test")) { transaction, _ in
                let key = try transaction.first(Tables.identitiesByFilter)!.key
                try transaction.delete(Tables.identitiesByFilter, key)
                return ((), .commit)
            }
            let before = try BackupKit.bytes(made.state + "/store/data.mdb")
            let found = try await BackupKit.tool(scratch, "fsck", "--state-dir", made.state)
            #expect(
                found.code == 1 && found.output.contains("(can be repaired)")
                    && found.errors.contains("latchkey fsck --state-dir \(made.state) --repair\n"), "\(found.output)")
            #expect(try BackupKit.bytes(made.state + "/store/data.mdb") == before)
            let mended = try await BackupKit.tool(scratch, "fsck", "--state-dir", made.state, "--repair", "--json")
            #expect(mended.code == 0 && mended.output.contains(#""repaired":1"#))
            #expect(try await BackupKit.tool(scratch, "fsck", "--state-dir", made.state).code == 0)
            #expect(try await BackupKit.tool(scratch, "fsck").code == 2)
            let surplus = try await BackupKit.tool(scratch, "fsck", "--state-dir", made.state, "--passphrase-file", made.backup)
            #expect(surplus.code == 2 && surplus.errors.contains("--passphrase-file goes with --backup"))
            #expect(try await BackupKit.tool(scratch, "fsck", "--state-dir", scratch["none"]).code == 1)
            #expect(scratch.names.sorted() == ["b.backup", "state"])
        }
    }
}
