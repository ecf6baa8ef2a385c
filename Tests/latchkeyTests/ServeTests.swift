import Glibc
import Subprocess
import Testing

/// The daemon as a process: how it starts, refuses to start, and ends.
@Suite(.timeLimit(.minutes(1))) struct Serving {
    @Test func `SIGTERM ends it cleanly: exit 0, its socket gone, what it acknowledged still there`() async throws {
        try await ScratchDirectory.with { scratch in
            let first = try await DaemonProcess.with(stateDirectory: scratch["state"]) { daemon in
                #expect(scratch.status("state")?.st_mode == S_IFDIR | 0o700)
                #expect(scratch.status("state/admin.sock").map { $0.st_mode & S_IFMT } == S_IFSOCK)
                #expect(scratch.status("state/admin.sock").map { $0.st_mode & 0o007 } == 0)
                return try await daemon.run("api-keys", "mint", "--name", "kept", "--scope", "*", "--print-key", "--json").json(
                    MintAnswer.self
                ).apiKey.id
            }
            #expect(first.status == .exited(0))
            #expect(scratch.status("state/admin.sock") == nil)
            #expect(first.log.contains { $0.hasPrefix("listening on http://127.0.0.1:") })
            let second = try await DaemonProcess.with(stateDirectory: scratch["state"]) { try await $0.keys().map(\.id) }
            #expect(second.value == [first.value])
        }
    }

    @Test func `a second instance on the same state directory is refused, and the first goes on`() async throws {
        try await ScratchDirectory.with { scratch in
            let ended = try await DaemonProcess.with(stateDirectory: scratch["state"]) { daemon in
                let second = try await Tool.run(["serve", "--state-dir", scratch["state"]] + DaemonProcess.options)
                #expect(second.code == 1 && second.errors.hasPrefix("latchkey: ") && !second.errors.contains("listening on"))
                #expect(try await daemon.run("status").code == 0)
            }
            #expect(ended.status == .exited(0))
        }
    }

    @Test func `a state directory that is no place to keep secrets is refused`() async throws {
        try await ScratchDirectory.with { scratch in
            try scratch.write("", to: "file")
            #expect(mkdir(scratch["open"], 0o755) == 0 && chmod(scratch["open"], 0o755) == 0)
            for name in ["file", "open", "missing/state"] {
                let run = try await Tool.run(["serve", "--state-dir", scratch[name]] + DaemonProcess.options)
                #expect(run.code == 2 && run.errors.contains(scratch[name]))
            }
            #expect(scratch.names == ["file", "open"])
        }
    }

    @Test func `an address that is taken is told`() async throws {
        try await ScratchDirectory.with { scratch in
            _ = try await DaemonProcess.with(stateDirectory: scratch["one"]) { daemon in
                let address = String(daemon.url.dropFirst("http://".count))
                let run = try await Tool.run(["serve", "--state-dir", scratch["two"], "--listen", address])
                #expect(run.code == 1 && run.errors.contains(address))
            }
        }
    }

    @Test func `it leaves no memory behind: no core file, not traceable, files for itself alone`() async throws {
        try await ScratchDirectory.with { scratch in
            _ = try await DaemonProcess.with(stateDirectory: scratch["state"]) { daemon in
                let limits = try await Tool.run(["/proc/\(daemon.pid)/limits"], shell: "exec cat \"$1\"").output
                let core = try #require(limits.split(separator: "\n").first { $0.hasPrefix("Max core file size") })
                #expect(core.split(separator: " ").dropFirst(4).prefix(2) == ["0", "0"])
                let all = try await Tool.run([scratch["state"]], shell: "find \"$1\" -perm /077 ! -type s").output
                #expect(all.isEmpty)
            }
        }
    }

    @Test func `the service manager hears that it serves, that it lives, and that it stops`() async throws {
        try await ScratchDirectory.with { scratch in
            let manager = try NotifySocket(scratch["notify"])
            let variables = ["NOTIFY_SOCKET": manager.path, "WATCHDOG_USEC": "200000"]
            let ended = try await DaemonProcess.with(stateDirectory: scratch["state"], environment: variables) { daemon in
                var first = manager.next()
                // The loops turn before the sockets are served.
                while first == ["WATCHDOG=1"] { first = manager.next() }
                #expect(first == ["READY=1", "STATUS=listening on \(daemon.url)"])
                for _ in 0..<5 { #expect(manager.next() == ["WATCHDOG=1"]) }
            }
            #expect(ended.status == .exited(0))
            var last: [String] = ["WATCHDOG=1"]
            while last == ["WATCHDOG=1"] { last = manager.next() }
            #expect(last.first == "STOPPING=1")
        }
    }

    @Test func `no secret that it gave out is in its log`() async throws {
        try await ScratchDirectory.with { scratch in
            let ended = try await DaemonProcess.with(stateDirectory: scratch["state"]) { daemon -> [String] in
                let key = try await daemon.run("api-keys", "mint", "--name", "k", "--scope", "*", "--print-key").lines[0]
                let pair = try await daemon.pair(daemon.identity("i").id)
                let fresh = try await daemon.run("tokens", "refresh", "-", input: pair.refreshToken).lines
                _ = try await daemon.run("tokens", "introspect", "-", input: pair.accessToken)
                _ = try await daemon.run("tokens", "refresh", "-", input: "lkr_wrong")
                return [key, pair.accessToken, pair.refreshToken] + fresh
            }
            #expect(ended.value.count == 5)
            for secret in ended.value { #expect(!ended.log.joined(separator: "\n").contains(secret)) }
        }
    }
}
