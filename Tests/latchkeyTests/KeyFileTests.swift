import Glibc
import Testing

extension OverTheSocket {
    /// What `--to-file` must withstand. Each refusal is made before a key is minted, and a key whose secret is lost is dead.
    @Suite struct KeyFiles {
        /// - Returns: the run, and whether a key of that name is known afterwards.
        private func mint(_ name: String, to path: String, _ options: String..., shell: String? = nil) async throws -> (
            run: Tool.Run, key: KeyAnswer?
        ) {
            let daemon = try OverTheSocket.daemon
            let arguments = ["api-keys", "mint", "--name", name, "--scope", "*", "--to-file", path] + options
            let run = try await Tool.run(arguments, environment: ["LATCHKEY_SOCKET": daemon.socket], shell: shell)
            return (run, try await daemon.keys().first { $0.name == name })
        }

        @Test func `a file that is there is kept, and nothing is minted`() async throws {
            try await ScratchDirectory.with { scratch in
                try scratch.write("mine", to: "k")
                let (run, key) = try await mint("kept", to: scratch["k"])
                #expect(run.code == 1 && run.errors.contains("--force"))
                #expect(key == nil)
                #expect(try scratch.read("k") == "mine" && scratch.names == ["k"])
            }
        }

        @Test func `with --force a file is replaced by a new one, not written into`() async throws {
            try await ScratchDirectory.with { scratch in
                try scratch.write("mine", to: "k")
                #expect(chmod(scratch["k"], 0o644) == 0)
                let before = scratch.status("k")?.st_ino
                let (run, key) = try await mint("forced", to: scratch["k"], "--force")
                #expect(run.code == 0 && key?.revoked == false)
                #expect(try scratch.read("k").hasPrefix("lk_") && scratch.names == ["k"])
                #expect(scratch.status("k")?.st_ino != before && scratch.status("k")?.st_mode == S_IFREG | 0o600)
            }
        }

        @Test(arguments: [[], ["--force"]])
        func `a symbolic link is never followed, and nothing is minted`(options: [String]) async throws {
            try await ScratchDirectory.with { scratch in
                try scratch.write("victim", to: "victim")
                #expect(symlink(scratch["victim"], scratch["k"]) == 0)
                #expect(symlink(scratch["nothing"], scratch["dangling"]) == 0)
                for name in ["k", "dangling"] {
                    let daemon = try OverTheSocket.daemon
                    let arguments =
                        ["api-keys", "mint", "--name", "linked \(options)", "--scope", "*", "--to-file", scratch[name]] + options
                    let run = try await Tool.run(arguments, environment: ["LATCHKEY_SOCKET": daemon.socket])
                    #expect(run.code == 1 && run.errors.contains("symbolic link"))
                    #expect(try await daemon.keys().allSatisfy { $0.name != "linked \(options)" })
                }
                #expect(try scratch.read("victim") == "victim" && scratch.names == ["dangling", "k", "victim"])
            }
        }

        @Test func `a directory, even with --force, is no place for a secret`() async throws {
            try await ScratchDirectory.with { scratch in
                #expect(mkdir(scratch["d"], 0o700) == 0)
                let (run, key) = try await mint("in a directory", to: scratch["d"], "--force")
                #expect(run.code == 1 && key == nil)
                let (slash, _) = try await mint("in a directory", to: scratch["d/"])
                #expect(slash.code == 2)
            }
        }

        @Test func `a directory that is missing is told before anything is minted`() async throws {
            try await ScratchDirectory.with { scratch in
                let (run, key) = try await mint("nowhere", to: scratch["missing/k"])
                #expect(run.code == 1 && run.errors.contains("No such file or directory") && run.errors.contains("\nhint: "))
                #expect(key == nil)
            }
        }

        @Test func `a daemon that is not there leaves no file behind`() async throws {
            try await ScratchDirectory.with { scratch in
                let run = try await Tool.run([
                    "api-keys", "mint", "--name", "n", "--scope", "*", "--to-file", scratch["k"], "--socket", scratch["s"],
                ])
                #expect(run.code == 4)
                #expect(scratch.names.isEmpty)
            }
        }

        @Test func `a secret that can't be stored is revoked at once`() async throws {
            try await ScratchDirectory.with { scratch in
                // No file may grow: making one still works, writing to it does not.
                let (run, key) = try await mint("unstorable", to: scratch["k"], shell: "ulimit -f 0; exec \"$0\" \"$@\"")
                let minted = try #require(key)
                #expect(run.code == 3)
                #expect(run.errors.contains(minted.id) && run.errors.contains("it has been revoked"))
                #expect(minted.revoked)
                #expect(scratch.names.isEmpty && run.output.isEmpty)
            }
        }

        @Test func `a secret that can't be printed is revoked at once`() async throws {
            let daemon = try OverTheSocket.daemon
            let run = try await daemon.run(
                "api-keys", "mint", "--name", "unprintable", "--scope", "*", "--print-key", shell: "exec \"$0\" \"$@\" > /dev/full")
            #expect(run.code == 3)
            #expect(try await daemon.keys().first { $0.name == "unprintable" }?.revoked == true)
        }

        @Test func `a secret that goes into a closed pipe is revoked at once`() async throws {
            let daemon = try OverTheSocket.daemon
            let script = "{ \"$0\" \"$@\"; echo $? >&2; } | exec true"
            let run = try await daemon.run("api-keys", "mint", "--name", "piped", "--scope", "*", "--print-key", shell: script)
            // Whether the reader had gone when the secret was written is a race; that a lost secret is dead is not.
            if run.errors.hasSuffix("3\n") { #expect(try await daemon.keys().first { $0.name == "piped" }?.revoked == true) }
        }
    }
}
