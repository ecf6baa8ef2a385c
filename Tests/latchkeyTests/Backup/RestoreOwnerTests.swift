import FoundationEssentials
import Glibc
@testable import LatchkeyAuthority
import Testing

@testable import latchkey

/// Whose files a restore makes, where it looks for the master key, and what it leaves.
@Suite(.timeLimit(.minutes(4))) struct RestoreOwners {
    private static let other: uid_t = 12_345

    private func paths(under directory: String) throws -> [String] {
        try FileManager.default.subpathsOfDirectory(atPath: directory).map { "\(directory)/\($0)" } + [directory]
    }

    private func give(_ directory: String, to user: uid_t) throws {
        for path in try paths(under: directory) { #expect(lchown(path, user, user) == 0) }
    }

    @Test(.enabled(if: geteuid() == 0))
    func `root restores as the owner of the state, whose all of it is, and the log says that it was root`() async throws {
        try await ScratchDirectory.with { scratch in
            let made = try await BackupKit.prepare(scratch)
            chmod(scratch.path, 0o711)
            mkdir(scratch["closed"], 0o700)
            try give(made.state, to: Self.other)
            let done = try await Tool.run(
                ["restore", made.backup, "--state-dir", made.state, "--yes"], environment: ["TMPDIR": scratch["closed"]])
            #expect(done.code == 0, "\(done.errors)")
            for path in try paths(under: made.state) {
                var status = stat()
                #expect(lstat(path, &status) == 0 && status.st_uid == Self.other && status.st_gid == Self.other, "\(path)")
            }
            // Also where root's own place for large files is closed to that user.
            let checked = try await Tool.run(["fsck", "--state-dir", made.state], environment: ["TMPDIR": scratch["closed"]])
            #expect(checked.code == 0, "\(checked.errors)")
            try give(made.state, to: 0)
            let told = try await DaemonProcess.with(stateDirectory: made.state) { daemon in
                try await daemon.run("audit", "query", "--action", "backup.restored", "--json").output
            }.value
            #expect(told.contains(#""uid":"0""#), "\(told)")
        }
    }

    @Test func `the master key is where the daemon's settings say, and one from the backup is put there`() async throws {
        try await ScratchDirectory.with { scratch in
            try scratch.write("several words of mine\n", to: "words")
            chmod(scratch["words"], 0o600)
            _ = try await DaemonProcess.with(stateDirectory: scratch["state"]) { daemon in
                let made = try await daemon.run(
                    "backup", "create", scratch["e.backup"], "--passphrase-file", scratch["words"], "--with-master-key")
                #expect(made.code == 0, "\(made.errors)")
            }
            func restore(_ directory: String, _ more: String...) async throws -> Tool.Run {
                try await Tool.run(
                    ["restore", scratch["e.backup"], "--state-dir", scratch[directory], "--passphrase-file", scratch["words"], "--yes"]
                        + more)
            }
            mkdir(scratch["keys"], 0o700)
            try scratch.write("STATE_DIR=\(scratch["new"])\nMASTER_KEY_FILE=\(scratch["keys/elsewhere"])\n", to: "conf")
            let untried = try await restore("new", "--config", scratch["conf"], "--without-keys")
            #expect(untried.code == 0 && scratch.status("keys/elsewhere") == nil && scratch.status("new/master.key") == nil)
            let placed = try await restore("new", "--config", scratch["conf"])
            #expect(placed.code == 0 && placed.output.contains("master key\tput at \(scratch["keys/elsewhere"])"), "\(placed.errors)")
            #expect(try scratch.read("keys/elsewhere") == scratch.read("state/master.key") && scratch.status("new/master.key") == nil)
            // From then on it is the one that counts.
            try FileManager.default.removeItem(atPath: scratch["keys/elsewhere"])
            try scratch.write(String(repeating: "A", count: 43) + "\n", to: "keys/elsewhere")
            chmod(scratch["keys/elsewhere"], 0o400)
            let wrong = try await restore("new", "--config", scratch["conf"])
            #expect(wrong.code == 1 && wrong.errors.contains(scratch["keys/elsewhere"]), "\(wrong.errors)")
            let other = try await restore("third", "--config", scratch["conf"])
            #expect(other.code == 2 && scratch.status("third") == nil)
        }
    }

    @Test func `the package's settings and its service manager's credential count for the package's directory alone`() throws {
        let scratch = try ScratchDirectory()
        defer { scratch.remove() }
        let state = scratch["var/lib/latchkey"]
        for directory in ["var", "var/lib", "var/lib/latchkey", "etc", "etc/latchkey", "etc/credstore"] { mkdir(scratch[directory], 0o700) }
        func place(_ directory: String, _ settingsFile: String? = nil) throws -> String {
            try MasterKeyPlace.find(directory, settingsFile: settingsFile, root: scratch.path).path
        }
        #expect(try place(state) == state + "/master.key")
        try scratch.write("STATE_DIR=\(state)\n", to: "etc/latchkey/latchkey.conf")
        #expect(try place(state) == state + "/master.key")
        try scratch.write("A", to: "etc/credstore/latchkey-master-key")
        #expect(try place(state) == scratch["etc/credstore/latchkey-master-key"])
        #expect(try place(scratch["elsewhere"]) == scratch["elsewhere"] + "/master.key")
        try scratch.write("STATE_DIR=\(state)\n", to: "own.conf")
        #expect(try place(state, scratch["own.conf"]) == state + "/master.key")
        try scratch.write("STATE_DIR=\(state)\nMASTER_KEY_FILE=/mnt/key\n", to: "etc/latchkey/latchkey.conf")
        #expect(try place(state) == "/mnt/key" && place(scratch["elsewhere"]) == scratch["elsewhere"] + "/master.key")
        #expect(throws: CommandFailure.self) { try place(scratch["elsewhere"], scratch["own.conf"]) }
    }

    /// A copy of a store in the clear must not outlive who asked for it, whoever ended that.
    @Test(arguments: ["verify", "restore"]) func `a command that is ended leaves no copy of the store`(_ what: String) async throws {
        try await ScratchDirectory.with { scratch in
            let made = try await BackupKit.prepare(scratch)
            let arguments =
                what == "verify"
                ? ["backup", "verify", made.backup, "--master-key-file", made.masterKey]
                : ["restore", made.backup, "--state-dir", made.state, "--yes"]
            let trace = what == "verify" ? "\(scratch.path)/latchkey-drill-*/store/data.mdb" : "\(made.state)/store.restoring-*/data.mdb"
            let run = try await Tool.run(
                arguments, environment: ["TMPDIR": scratch.path],
                shell: """
                    "$0" "$@" > /dev/null 2>&1 & id=$!
                    until kill -0 $id 2> /dev/null; do :; done
                    while kill -0 $id 2> /dev/null; do for seen in \(trace); do test -e "$seen" && kill -TERM $id && break 2; done; done
                    wait $id
                    """)
            #expect(run.code == 128 + SIGTERM, "it was not met")
            for directory in [scratch.path, made.state] {
                let left = try paths(under: directory).filter { $0.hasSuffix("/data.mdb") && $0 != made.state + "/store/data.mdb" }
                #expect(left == [])
            }
        }
    }
}
