import Glibc
import Testing

/// Where settings come from and what refuses a start, seen through `serve --check-config`.
@Suite(.timeLimit(.minutes(1))) struct ConfigurationSources {
    private struct Effective: Decodable {
        let listen: String
        let issuer: String
        let ttl: Int
        let plaintext: Bool
        let planes: [String]

        private enum CodingKeys: String, CodingKey {
            case listen, issuer, planes
            case ttl = "access-token-ttl"
            case plaintext = "allow-plaintext"
        }
    }

    private func check(_ options: [String], _ environment: [String: String] = [:]) async throws -> Tool.Run {
        try await Tool.run(["serve", "--check-config"] + options, environment: environment)
    }

    @Test func `a state directory alone is enough, and nothing is made`() async throws {
        try await ScratchDirectory.with { scratch in
            let run = try await check(["--state-dir", scratch["state"]])
            #expect(run.code == 0 && run.errors.isEmpty)
            #expect(run.lines.contains("state-dir = \(scratch["state"])") && run.lines.contains("listen = 127.0.0.1:8787"))
            #expect(run.lines.contains("admin-socket = \(scratch["state"])/admin.sock") && run.lines.contains("signing-key-bits = 3072"))
            #expect(scratch.names.isEmpty)
        }
    }

    @Test func `a flag is stronger than the environment, and that than the file`() async throws {
        try await ScratchDirectory.with { scratch in
            try scratch.write(
                "# comment\n\nSTATE_DIR=/file\nLATCHKEY_LISTEN=127.0.0.1:1\nISSUER=https://file.example\nACCESS_TOKEN_TTL=15m\nPLANES=one,two\n",
                to: "c")
            let environment = ["LATCHKEY_LISTEN": "127.0.0.1:2", "LATCHKEY_ISSUER": "https://environment.example"]
            let run = try await check(["--config", scratch["c"], "--listen", "127.0.0.1:3", "--json"], environment)
            let effective = try run.json(Effective.self)
            #expect(effective.listen == "127.0.0.1:3" && effective.issuer == "https://environment.example" && effective.ttl == 900)
            #expect(effective.planes == ["relayauth", "relayfile", "relaycast", "cloud", "one", "two"])
            let named = try await check(["--json"], ["LATCHKEY_CONFIG": scratch["c"]])
            #expect(try named.json(Effective.self).listen == "127.0.0.1:1" && named.errors.isEmpty)
        }
    }

    @Test(arguments: [([], true), (["true"], true), (["false"], false)])
    func `plain HTTP is allowed by the flag alone, or with a value`(value: [String], allowed: Bool) async throws {
        let run = try await check(["--state-dir", "s", "--json", "--allow-plaintext"] + value)
        #expect(try run.json(Effective.self).plaintext == allowed)
        let beyond = try await check(["--state-dir", "s", "--listen", "0.0.0.0:1", "--allow-plaintext"] + value)
        #expect(beyond.code == (allowed ? 0 : 2))
    }

    @Test func `an unknown name in the environment is warned of, and changes nothing`() async throws {
        let run = try await check(["--state-dir", "s"], ["LATCHKEY_LISTN": "127.0.0.1:9", "LATCHKEY_SOCKET": "/x"])
        #expect(run.code == 0 && run.output.contains("listen = 127.0.0.1:8787"))
        #expect(run.errors == "latchkey: warning: LATCHKEY_LISTN in the environment is not a setting; it changes nothing\n")
    }

    @Test(arguments: [
        ("STATE_DIR=/s\nLISTN=x\n", "line 2"), ("STATE_DIR=/s\n\nlisten\n", "line 3"), ("STATE_DIR=/s\nSTATE_DIR=/t\n", "line 2"),
        ("STATE_DIR=\"/s\"\n", "line 1"), ("STATE_DIR= /s\n", "line 1"), ("STATE_DIR=/s\nLISTEN=nowhere\n", "LATCHKEY_LISTEN"),
        ("STATE_DIR=/s\nSIGNING_KEY_BITS=1024\n", "signing-key-bits"), ("# " + String(repeating: "x", count: 65_536), "64 KiB"),
        ("", "state directory"),
    ])
    func `a file that says something wrong refuses the start, and says where`(text: String, named: String) async throws {
        try await ScratchDirectory.with { scratch in
            try scratch.write(text, to: "c")
            for mode in [["--check-config"], []] {
                let run = try await Tool.run(["serve", "--config", scratch["c"]] + mode)
                #expect(run.code == 2 && run.output.isEmpty)
                #expect(run.errors.hasPrefix("latchkey: ") && run.errors.contains(named))
            }
        }
    }

    @Test func `what is not a readable file of UTF-8 is refused`() async throws {
        try await ScratchDirectory.with { scratch in
            #expect(mkfifo(scratch["pipe"], 0o600) == 0)
            for path in [scratch["missing"], scratch.path, scratch["pipe"], "/dev/null"] {
                let run = try await check(["--config", path])
                #expect(run.code == 2 && run.errors.contains(path))
            }
            let run = try await Tool.run(
                ["serve", "--config", scratch["latin1"]], shell: "printf 'ISSUER=\\351\\n' > \"$3\" && exec \"$0\" \"$@\"")
            #expect(run.code == 2 && run.errors.contains("UTF-8"))
        }
    }

    @Test func `--json goes with --check-config only`() async throws {
        #expect(try await Tool.run(["serve", "--state-dir", "s", "--json"]).code == 2)
    }
}
