import Glibc
import Testing

/// For each check of what lies on disk an install in which that is broken, and nothing else.
@Suite(.timeLimit(.minutes(2))) struct BrokenFiles {
    /// That one check speaks beside the usual ones, and by what words.
    private func expect(
        _ answer: DoctorAnswer, _ check: String, _ verdict: String, _ words: String, mend: String? = nil,
        _ location: SourceLocation = #_sourceLocation
    ) throws {
        #expect(answer.speaking == DoctorKit.usual.union([check]), "\(answer.checks)", sourceLocation: location)
        let found = try answer.check(check)
        #expect(found.verdict == verdict && found.finding.contains(words), "\(found)", sourceLocation: location)
        if let mend { #expect(found.mend == mend, sourceLocation: location) }
    }

    @Test func `a state directory that is open to others`() async throws {
        try await DoctorKit.with { daemon, scratch in
            chmod(daemon.stateDirectory, 0o750)
            try expect(
                try await DoctorKit.examine(daemon), "state-directory", "failed", "open to other users",
                mend: "chmod 0700 \(daemon.stateDirectory)")
            chmod(daemon.stateDirectory, 0o700)
            let moved = try await DoctorKit.examine(daemon, "--state-dir", scratch.path)
            #expect(try moved.check("state-directory").finding.contains("has its state in \(daemon.stateDirectory)"))
        }
    }

    @Test func `a file of the store that is open to others, or somebody else's`() async throws {
        try await DoctorKit.with { daemon, _ in
            let store = daemon.stateDirectory + "/store"
            chmod(store + "/data.mdb", 0o640)
            try expect(
                try await DoctorKit.examine(daemon), "store-files", "failed", "data.mdb is open to others", mend: "chmod -R go= \(store)")
            chmod(store + "/data.mdb", 0o600)
            guard geteuid() == 0 else { return }
            chown(store + "/data.mdb", 65534, 65534)
            try expect(
                try await DoctorKit.examine(daemon), "store-files", "failed", "belongs to another user",
                mend: "chown -R --reference=\(daemon.stateDirectory) \(store)")
            chown(store + "/data.mdb", 0, 0)
        }
    }

    @Test func `an admin socket that is open to everybody`() async throws {
        try await DoctorKit.with { daemon, _ in
            chmod(daemon.socket, 0o666)
            try expect(try await DoctorKit.examine(daemon), "admin-socket", "failed", "mode 0666")
        }
    }

    @Test func `a settings file that others can change`() async throws {
        try await DoctorKit.with { daemon, scratch in
            let file = scratch["latchkey.conf"]
            chmod(file, 0o664)
            try expect(
                try await DoctorKit.examine(daemon), "settings-file", "failed", "can be changed by others", mend: "chmod go-w \(file)")
        }
    }

    @Test func `a settings file that the next start refuses`() async throws {
        try await DoctorKit.with { daemon, scratch in
            let mend = "latchkey serve --config \(scratch["latchkey.conf"]) --check-config"
            try scratch.write("FROBNICATE=1\n", to: "latchkey.conf")
            try expect(
                try await DoctorKit.examine(daemon), "settings", "failed", "line 1: there is no setting FROBNICATE", mend: mend)
            try scratch.write("ACCESS_TOKEN_TTL=soon\n", to: "latchkey.conf")
            try expect(try await DoctorKit.examine(daemon), "settings", "failed", "access-token-ttl", mend: mend)
        }
    }

    @Test func `variables that nobody reads, here and in the daemon's environment`() async throws {
        try await DoctorKit.with { daemon, _ in
            try expect(
                try await DoctorKit.examine(daemon, environment: ["LATCHKEY_ISUER": "https://x.example"]), "settings", "warning",
                "LATCHKEY_ISUER", mend: "unset LATCHKEY_ISUER")
        }
        try await DoctorKit.with(environment: ["LATCHKEY_FROBNICATE": "1"]) { daemon, _ in
            let answer = try await DoctorKit.examine(daemon)
            try expect(answer, "settings", "warning", "in the daemon's environment there is LATCHKEY_FROBNICATE")
            #expect(try answer.check("settings").mend?.hasPrefix("env -u LATCHKEY_FROBNICATE latchkey serve --config ") == true)
        }
    }

    @Test func `a master key that others can read, that is no key, or that is gone while the daemon still has it`() async throws {
        try await DoctorKit.with { daemon, scratch in
            let file = daemon.stateDirectory + "/master.key"
            chmod(file, 0o440)
            try expect(
                try await DoctorKit.examine(daemon), "master-key-file", "failed", "can be read by others",
                mend: "chown --reference=\(daemon.stateDirectory) \(file) && chmod 0400 \(file)")
            chmod(file, 0o600)
            let key = try scratch.read("state/master.key")
            try scratch.write("not a key", to: "state/master.key")
            try expect(try await DoctorKit.examine(daemon), "master-key-file", "failed", "does not hold a master key")
            unlink(file)
            try expect(
                try await DoctorKit.examine(daemon), "master-key-file", "failed", "is not there", mend: "install -m 0400 COPY \(file)")
            try scratch.write(key, to: "state/master.key")
            chmod(file, 0o400)
            let whole = try await DoctorKit.examine(daemon)
            #expect(whole.speaking == DoctorKit.usual)
        }
    }

    @Test func `a master key that is not the one of this store`() async throws {
        try await ScratchDirectory.with { scratch in
            _ = try await DaemonProcess.with(stateDirectory: scratch["state"]) { daemon in
                _ = try await daemon.run("backup", "create", scratch["b.backup"])
            }
            unlink(scratch["state/master.key"])
            try scratch.write(String(repeating: "A", count: 43) + "\n", to: "state/master.key")
            chmod(scratch["state/master.key"], 0o400)
            _ = try await DaemonProcess.with(stateDirectory: scratch["state"]) { daemon in
                let answer = try await DoctorKit.examine(daemon)
                try expect(answer, "master-key", "failed", "is not the one that sealed this store", mend: "latchkey seal status")
                #expect(try answer.check("signing").verdict == "skipped")
            }
        }
    }

    @Test func `a master key on another disk is praised`() async throws {
        try await ScratchDirectory.with { scratch in
            var here = stat()
            var there = stat()
            guard stat(scratch.path, &here) == 0, stat("/dev/shm", &there) == 0, here.st_dev != there.st_dev else { return }
            let file = "/dev/shm/lk-\(getpid()).key"
            defer { unlink(file) }
            _ = try await DaemonProcess.with(
                stateDirectory: scratch["state"], options: DaemonProcess.options + ["--master-key-file", file]
            ) { daemon in
                let answer = try await DoctorKit.examine(daemon)
                #expect(answer.speaking == ["backup"])
                #expect(try answer.check("master-key-disk").verdict == "ok" && answer.check("master-key-file").finding.contains(file))
            }
        }
    }
}
