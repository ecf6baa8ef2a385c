import FoundationEssentials
import Glibc
import Testing

extension OverTheSocket {
    /// What `--to-command` must withstand: whatever a command does with the secret, it is not shown here, and a key that was not taken is dead.
    @Suite struct KeyCommands {
        struct Case: Sendable, CustomStringConvertible {
            let command: String
            /// What the message says.
            let says: String
            var options: [String] = []
            var description: String { command }
        }

        private func mint(
            _ name: String, command: String, _ options: [String] = [], _ environment: [String: String] = [:]
        ) async throws -> (run: Tool.Run, key: KeyAnswer?) {
            let daemon = try OverTheSocket.daemon
            let arguments = ["api-keys", "mint", "--name", name, "--scope", "*", "--to-command", command] + options
            let variables = environment.merging(["LATCHKEY_SOCKET": daemon.socket]) { $1 }
            let run = try await Tool.run(arguments, environment: variables)
            return (run, try await daemon.keys().first { $0.name == name })
        }

        @Test func `a command that takes the secret gets it alone, and the key lives`() async throws {
            try await ScratchDirectory.with { scratch in
                let (run, key) = try await mint("taken", command: "cat > '\(scratch["s"])'; echo stored; echo really >&2")
                #expect(run.code == 0, "\(run.errors)")
                let secret = try scratch.read("s")
                #expect(secret.hasPrefix(try #require(key).prefix) && secret.utf8.count == 52 && key?.revoked == false)
                #expect(!run.output.contains(secret) && !run.errors.contains(secret))
                #expect(run.lines.contains { $0.hasPrefix("command\tcat > ") } && run.errors.isEmpty && !run.output.contains("\nstored"))
            }
        }

        static let failing: [Case] = [
            Case(command: "echo broken pot >&2; exit 7", says: "the exit code 7; its last words: broken pot"),
            Case(command: "tee \"$S\" > /dev/null; echo broken pot >&2; exit 7", says: "the exit code 7; what it wrote is not shown"),
            Case(command: "tee \"$S\" > /dev/null; echo HTTP 404: Not Found; exit 1", says: "it complained of \"http 404\""),
            Case(command: "exit 0", says: "without reading the secret"),
            Case(command: "exec 0<&-; exit 0", says: "without reading the secret"),
            Case(command: "exec 0<&-; echo closed; exit 4", says: "the exit code 4; its last words: closed"),
            Case(command: "dd bs=1 count=10 2> /dev/null > /dev/null", says: "without reading the secret"),
            Case(command: "dd bs=1 count=51 2> /dev/null", says: "without reading the secret to its end; what it wrote is not shown"),
            Case(command: "sleep 1000 <&0 & exec 0<&-; exit 0", says: "without reading the secret"),
            Case(command: "tee \"$S\" > /dev/null; kill -9 $$", says: "the signal 9"),
            Case(command: "tee \"$S\" > /dev/null; kill -15 $$", says: "the signal 15"),
            Case(command: "kill -11 $$", says: "the signal 11"),
            Case(command: "no-such-program-anywhere", says: "found no such program"),
            Case(command: "tee \"$S\"; exit 1", says: "what it wrote is not shown"),
            Case(command: "tee \"$S\" >&2; exit 1", says: "what it wrote is not shown"),
            Case(command: "tee \"$S\" | base64 >&2; exit 1", says: "what it wrote is not shown"),
            Case(command: "tee \"$S\" | rev; exit 1", says: "what it wrote is not shown"),
            Case(command: "tee \"$S\" | od -c; exit 1", says: "what it wrote is not shown"),
            Case(command: "tee \"$S\" | tr A-Za-z N-ZA-Mn-za-m; exit 1", says: "what it wrote is not shown"),
            Case(command: "tee \"$S\" | sed 's/./& is next, then /g'; exit 1", says: "what it wrote is not shown"),
            Case(command: "tee \"$S\" | gzip; exit 1", says: "what it wrote is not shown"),
            Case(command: "tee \"$S\"; yes", says: "had not ended after 1 s", options: ["--command-timeout", "1s"]),
            Case(command: "tee \"$S\" > /dev/null; sleep 1000", says: "had not ended after 1 s", options: ["--command-timeout", "1s"]),
            Case(command: "echo busy; sleep 1000", says: "and was killed; its last words: busy", options: ["--command-timeout", "1s"]),
            Case(command: "yes", says: "had not ended after 1 s", options: ["--command-timeout", "1s"]),
        ]

        @Test(arguments: failing) func `a command that fails has its key revoked, and its words do not show the secret`(row: Case)
            async throws
        {
            try await ScratchDirectory.with { scratch in
                let (run, key) = try await mint("fails \(row)", command: row.command, row.options, ["S": scratch["s"]])
                let minted = try #require(key)
                #expect(run.code == 3 && minted.revoked)
                #expect(
                    run.errors.contains(minted.id) && run.errors.contains("it has been revoked") && run.errors.contains(row.says),
                    "\(run.errors)")
                #expect(run.output.isEmpty)
                guard scratch.names == ["s"] else { return }
                let secret = try scratch.read("s")
                #expect(secret.utf8.count == 52)
                // A few letters in a row can't be there by chance, in whatever way they were written.
                let turned = String(secret.map { $0.isLetter ? Character(UnicodeScalar(Self.turned($0.asciiValue!))) : $0 })
                for form in [secret, String(secret.reversed()), Data(secret.utf8).base64EncodedString(), turned] {
                    let pieces = stride(from: 11, to: 46, by: 5).map { form.dropFirst($0).prefix(5) }
                    #expect(pieces.allSatisfy { !run.errors.contains($0) })
                }
            }
        }

        /// As `tr A-Za-z N-ZA-Mn-za-m` does.
        private static func turned(_ letter: UInt8) -> UInt8 { letter & 0x20 | 0x40 | (((letter & 0x1F) + 12) % 26 + 1) }

        @Test func `a command finds the secret neither in arguments nor in variables, and no file of ours open`() async throws {
            try await ScratchDirectory.with { scratch in
                // Of every process that there is while the command runs: the daemon's, the command line's, and its own.
                let look = """
                    cat > "$D/secret"
                    cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ > "$D/seen" 2> /dev/null
                    ls -l /proc/$$/fd > "$D/files"
                    grep SigIgn /proc/$$/status > "$D/signals"
                    (exec 3> /dev/tty) 2> /dev/null && echo terminal > "$D/terminal"
                    exit 0
                    """
                let (run, _) = try await mint("looks", command: look, [], ["D": scratch.path])
                #expect(run.code == 0, "\(run.errors)")
                let secret = try scratch.read("secret")
                let seen = try scratch.read("seen")
                for known in ["latchkey\0serve\0", "latchkey\0api-keys\0mint\0", "D=\(scratch.path)\0"] { #expect(seen.contains(known)) }
                #expect(
                    secret.utf8.count == 52 && !seen.contains(secret.dropFirst(11))
                        && !seen.contains(Data(secret.utf8).base64EncodedString()))
                #expect(!(try scratch.read("files")).contains("socket:"))
                // 32 and 33 are the C library's own; it has them ignored in what it spawns.
                let ignored = try scratch.read("signals").dropLast().split(separator: "\t").last.flatMap { UInt64($0, radix: 16) }
                #expect(ignored.map { $0 & ~0x1_8000_0000 } == 0)
                #expect(!scratch.names.contains("terminal"))
            }
        }

        @Test func `when a command's time is up, what it started in the background ends with it`() async throws {
            try await ScratchDirectory.with { scratch in
                let command = "cat > /dev/null; sleep 1000 & echo $! > '\(scratch["pid"])'; wait"
                let (run, _) = try await mint("background", command: command, ["--command-timeout", "1s"])
                #expect(run.code == 3)
                let pid = try #require(Int(try scratch.read("pid").dropLast()))
                // Gone, or waited for by nobody yet.
                let state = (try? String(decoding: Data(contentsOf: URL(filePath: "/proc/\(pid)/stat")), as: UTF8.self)) ?? "Z"
                #expect(state.contains("Z"))
            }
        }

        @Test func `no signal that a person can send comes between the mint and the store`() async throws {
            try await ScratchDirectory.with { scratch in
                let command = "for s in INT QUIT TERM HUP; do kill -$s $PPID; done; cat > '\(scratch["s"])'"
                let (run, key) = try await mint("signalled", command: command)
                #expect(run.code == 0 && key?.revoked == false)
                #expect(try scratch.read("s").utf8.count == 52)
            }
        }

        @Test func `gh is given the secret on its standard input, and the name of the repository`() async throws {
            try await ScratchDirectory.with { scratch in
                try scratch.write("#!/bin/sh\nprintf '%s\\n' \"$@\" > \"$D/arguments\"\ncat > \"$D/secret\"\n", to: "gh")
                #expect(chmod(scratch["gh"], 0o755) == 0)
                let daemon = try OverTheSocket.daemon
                let arguments = ["api-keys", "mint", "--name", "for gh", "--scope", "*", "--to-gh-secret", "acme/site.js:LATCHKEY_KEY"]
                let path = scratch.path + ":" + Tool.directory + ":/usr/bin:/bin"
                let run = try await Tool.run(
                    arguments, environment: ["LATCHKEY_SOCKET": daemon.socket, "PATH": path, "D": scratch.path])
                #expect(run.code == 0, "\(run.errors)")
                #expect(try scratch.read("arguments") == "secret\nset\nLATCHKEY_KEY\n--repo\nacme/site.js\n")
                let key = try await daemon.keys().first { $0.name == "for gh" }
                #expect(try scratch.read("secret").hasPrefix(try #require(key).prefix))
                #expect(run.output.contains("gh secret\tacme/site.js:LATCHKEY_KEY\n"))
            }
        }

        @Test func `a program that is not installed is told before anything is minted`() async throws {
            let daemon = try OverTheSocket.daemon
            let arguments = ["api-keys", "mint", "--name", "no gh", "--scope", "*", "--to-gh-secret", "acme/site:KEY"]
            let run = try await Tool.run(arguments, environment: ["LATCHKEY_SOCKET": daemon.socket, "PATH": Tool.directory])
            #expect(run.code == 1 && run.errors.contains("gh is not installed"))
            #expect(try await daemon.keys().allSatisfy { $0.name != "no gh" })
        }

        @Test(arguments: [
            ["--to-gh-secret", "acme:KEY"], ["--to-gh-secret", "acme/site"], ["--to-gh-secret", "-x/site:KEY"],
            ["--to-gh-secret", "acme/site:1KEY"], ["--to-gh-secret", "acme/..:KEY"], ["--to-gh-secret", "a/b/c:KEY"],
            ["--to-systemd-credential", "../x"], ["--to-systemd-credential", "-x"], ["--to-command", " "],
            ["--to-command", "cat", "--command-timeout", "61s"], ["--print-key", "--command-timeout", "1s"],
            ["--to-command", "cat", "--to-temp-file"], ["--to-temp-file", "--print-key"], ["--to-command", "cat", "--force"],
        ])
        func `a destination that is none is usage, and mints nothing`(options: [String]) async throws {
            let daemon = try OverTheSocket.daemon
            let arguments = ["api-keys", "mint", "--name", "odd \(options)", "--scope", "*"] + options
            let run = try await Tool.run(arguments, environment: ["LATCHKEY_SOCKET": daemon.socket])
            #expect(run.code == 2, "\(run.errors)")
            #expect(try await daemon.keys().allSatisfy { $0.name != "odd \(options)" })
        }

        @Test func `a temporary file is in a directory of its own, and standard error names it`() async throws {
            try await ScratchDirectory.with { scratch in
                let daemon = try OverTheSocket.daemon
                let arguments = ["api-keys", "mint", "--name", "temporary", "--scope", "*", "--to-temp-file"]
                let variables = ["LATCHKEY_SOCKET": daemon.socket, "TMPDIR": scratch.path]
                let run = try await Tool.run(arguments, environment: variables)
                #expect(run.code == 0, "\(run.errors)")
                let path = String(run.errors.dropLast())
                let directory = try #require(scratch.names.first)
                #expect(path == scratch[directory + "/key"])
                #expect(
                    scratch.status(directory)?.st_mode == S_IFDIR | 0o700 && scratch.status(directory + "/key")?.st_mode == S_IFREG | 0o600)
                let key = try await daemon.keys().first { $0.name == "temporary" }
                #expect(try scratch.read(directory + "/key").hasPrefix(try #require(key).prefix))
            }
        }

        @Test func `a temporary file that can't be filled leaves no directory, and its key is dead`() async throws {
            try await ScratchDirectory.with { scratch in
                let daemon = try OverTheSocket.daemon
                let arguments = ["api-keys", "mint", "--name", "full", "--scope", "*", "--to-temp-file"]
                let variables = ["LATCHKEY_SOCKET": daemon.socket, "TMPDIR": scratch.path]
                let run = try await Tool.run(arguments, environment: variables, shell: "ulimit -f 0; exec \"$0\" \"$@\"")
                #expect(run.code == 3 && scratch.names.isEmpty)
                #expect(try await daemon.keys().first { $0.name == "full" }?.revoked == true)
            }
        }
    }
}
