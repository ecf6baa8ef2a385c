import FoundationEssentials
import Glibc
import Testing

/// What is left of a secret that was given to a command, where a daemon of its own can be looked at afterwards.
@Suite(.timeLimit(.minutes(2))) struct KeyCommandTraces {
    private func arguments(_ name: String, _ destination: [String]) -> [String] {
        ["api-keys", "mint", "--name", name, "--scope", "*"] + destination
    }

    @Test func `neither the daemon's log nor its audit log holds a secret that a command said`() async throws {
        try await ScratchDirectory.with { scratch in
            let ended = try await DaemonProcess.with(stateDirectory: scratch["state"]) { daemon in
                for (index, end) in ["exit 0", "exit 1", "kill -9 $$", "exec sleep 1000"].enumerated() {
                    let command = "tee \"$S\"; cat \"$S\" >&2; " + end
                    _ = try await Tool.run(
                        arguments("says \(index)", ["--to-command", command, "--command-timeout", "1s"]),
                        environment: ["LATCHKEY_SOCKET": daemon.socket, "S": scratch["s\(index)"]])
                }
                return try await daemon.run("audit", "query", "--json").output
            }
            var search = SecretSearch()
            for index in 0..<4 {
                let secret = try scratch.read("s\(index)")
                try #require(secret.utf8.count == 52)
                search.add("secret \(index)", secret)
            }
            #expect(ended.value.contains("api_key.created") && ended.value.contains("api_key.revoked"))
            #expect(search.found(in: Array(ended.value.utf8)) == [])
            #expect(!ended.log.isEmpty && search.found(in: Array(ended.log.joined(separator: "\n").utf8)) == [])
            for file in try FileManager.default.contentsOfDirectory(atPath: scratch["state/store"]) {
                let bytes = try Array(Data(contentsOf: URL(filePath: scratch["state/store/" + file])))
                #expect(search.found(in: bytes) == [], "in \(file)")
            }
        }
    }

    @Test func `when the daemon dies before the key is revoked again, it is said that the key lives, and what ends it`() async throws {
        try await ScratchDirectory.with { scratch in
            let first = try await DaemonProcess.with(stateDirectory: scratch["state"]) { daemon in
                try await Tool.run(
                    arguments("orphan", ["--to-command", "tee \"$S\"; kill -9 \(daemon.pid); exit 5"]),
                    environment: ["LATCHKEY_SOCKET": daemon.socket, "S": scratch["s"]])
            }
            let run = first.value
            #expect(run.code == 3 && run.output.isEmpty)
            #expect(
                run.errors.contains("the exit code 5") && run.errors.contains("it is perhaps still valid, revoking it failed"),
                "\(run.errors)")
            #expect(!run.errors.contains(try scratch.read("s").dropFirst(11)))
            let hint = try #require(run.errors.split(separator: "\n").last { $0.hasPrefix("hint: revoke it: latchkey ") })
            let command = hint.dropFirst("hint: revoke it: latchkey ".count).split(separator: " ").map(String.init)
            #expect(run.errors.contains("the API key \(command[2]) "))
            _ = try await DaemonProcess.with(stateDirectory: scratch["state"]) { daemon in
                let alive = try await daemon.keys().first { $0.id == command[2] }
                let revocation = try await Tool.run(command, environment: ["LATCHKEY_SOCKET": daemon.socket])
                let dead = try await daemon.keys().first { $0.id == command[2] }
                #expect(alive?.revoked == false && revocation.code == 0 && dead?.revoked == true)
            }
        }
    }

    static let hasTracer = access("/usr/bin/strace", X_OK) == 0

    /// The calls of a trace that have the whole secret among their arguments, by name.
    private func calls(in trace: String, with secret: String) -> [String] {
        trace.split(separator: "\n").filter { $0.contains(secret) }.map { line in
            // After the process id: `write(7, "…", 52) = 52`, or `<... read resumed>"…", 64) = 52`.
            let call = line.drop { $0.isNumber || $0 == " " }
            return String(call.hasPrefix("<... ") ? call.dropFirst(5).prefix { $0 != " " } : call.prefix { $0 != "(" })
        }
    }

    @Test(
        .enabled(if: hasTracer, "strace is not installed"),
        arguments: [["--to-file", "k"], ["--to-command", "exec wc -c > /dev/null"], ["--print-key"], ["--to-temp-file"]])
    func `of all system calls, one write of the daemon and one of the command line carry the secret`(destination: [String]) async throws {
        try await ScratchDirectory.with { scratch in
            let options = ["-f", "-qq", "-v", "-s", "65536", "-o"]
            let watcher = ["strace", "-D"] + options + [scratch["daemon"]]
            let destination = destination.map { $0 == "k" ? scratch["k"] : $0 }
            let ended = try await DaemonProcess.with(stateDirectory: scratch["state"], under: watcher) { daemon in
                let line = arguments("traced", destination).map { "'\($0)'" }.joined(separator: " ")
                let run = try await Tool.run(
                    [], environment: ["LATCHKEY_SOCKET": daemon.socket, "TMPDIR": scratch.path],
                    shell: "exec strace \(options.joined(separator: " ")) '\(scratch["tool"])' \"$0\" \(line)")
                return (run, try await daemon.keys().first { $0.name == "traced" })
            }
            #expect(ended.value.0.code == 0, "\(ended.value.0.errors)")
            let prefix = try #require(ended.value.1).prefix
            let (daemon, tool) = (try scratch.read("daemon"), try scratch.read("tool"))
            let secret = try #require(Self.secret(of: prefix, in: tool))
            let writes = ["write", "writev", "pwrite64", "send", "sendto", "sendmsg", "sendmmsg"]
            let (ofDaemon, ofTool) = (calls(in: daemon, with: secret), calls(in: tool, with: secret))
            #expect(ofDaemon.count == 1 && writes.contains(ofDaemon[0]), "\(ofDaemon)")
            #expect(ofTool.filter { writes.contains($0) }.count == 1, "\(ofTool)")
            // The command line's from the daemon and, where there is one, the command's from the pipe.
            let reads = ofTool.filter { ["read", "readv", "recv", "recvfrom", "recvmsg"].contains($0) }
            #expect(reads.count == (destination[0] == "--to-command" ? 2 : 1) && reads.count + 1 == ofTool.count, "\(ofTool)")
        }
    }

    /// What stands in a trace and goes on behind the prefix as a secret does.
    private static func secret(of prefix: String, in trace: String) -> String? {
        for line in trace.split(separator: "\n") {
            for range in line.ranges(of: prefix) {
                let rest = line[range.upperBound...].prefix { $0.isASCII && ($0.isLetter || $0.isNumber) }
                if rest.utf8.count == 41 { return prefix + rest }
            }
        }
        return nil
    }
}
