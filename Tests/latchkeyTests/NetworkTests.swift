import Glibc
import Synchronization
import Testing

/// The daemon reached by its address, with an API key from a file.
@Suite(.timeLimit(.minutes(2))) struct OverTheNetwork {
    private static let key = "lk_" + String(repeating: "0", count: 49)

    /// A file of a key, with the given mode.
    private static func keyFile(_ scratch: ScratchDirectory, _ text: String = key + "\n", mode: mode_t = 0o600) throws -> String {
        try scratch.write(text, to: "key")
        chmod(scratch["key"], mode)
        return scratch["key"]
    }

    @Test(arguments: [
        (["--url", "http://127.0.0.1:1", "--socket", "/s"], "--socket"), (["--api-key-file", "k"], "--api-key-file goes with --url"),
        (["--ca-file", "k"], "--ca-file goes with --url"), (["--allow-plaintext"], "--allow-plaintext goes with --url"),
        (["--socket", "/s", "--api-key-file", "k"], "goes with --url"), (["--url", "localhost:8787"], "--url is http://"),
        (["--url", "http://u:p@127.0.0.1"], "--url is http://"), (["--url", "http://192.0.2.1"], "--allow-plaintext"),
        (["--url", "http://localhost.example"], "--allow-plaintext"), (["--url", "http://127.0.0.1", "--ca-file", "k"], "https://"),
        (["--url", "http://127.0.0.1:1"], "--api-key-file PATH"), (["--url", "https://192.0.2.1"], "--api-key-file PATH"),
    ])
    func `a way that is not clear is usage`(options: [String], named: String) async throws {
        let run = try await Tool.run(["identities", "list"] + options)
        #expect(run.code == 2 && run.output.isEmpty && run.errors.contains(named), "\(run.errors)")
    }

    @Test func `an organisation is named on the socket alone`() async throws {
        try await ScratchDirectory.with { scratch in
            let file = try Self.keyFile(scratch)
            let run = try await Tool.run(["identities", "list", "--url", "http://127.0.0.1:1", "--api-key-file", file, "--org", "org_1"])
            #expect(run.code == 2 && run.errors.contains("--org goes with the socket"))
        }
    }

    @Test(arguments: [["status"], ["orgs", "list"], ["orgs", "create", "--name", "n"]])
    func `what the network does not offer takes no address`(command: [String]) async throws {
        #expect(try await Tool.run(command + ["--url", "http://127.0.0.1:1"]).code == 2)
    }

    @Test(arguments: [
        "", "\n", "lk_", key + "\n\n", key + "x\n", " " + key, "lk_" + String(repeating: "-", count: 49),
        String(repeating: "x", count: 9000),
    ])
    func `a file that holds no API key is refused, and not repeated`(text: String) async throws {
        try await ScratchDirectory.with { scratch in
            let run = try await Tool.run([
                "identities", "list", "--url", "http://127.0.0.1:1", "--api-key-file", try Self.keyFile(scratch, text),
            ])
            #expect(run.code == 2 && run.errors.contains("does not hold an API key") && !run.errors.contains("lk_0"))
        }
    }

    @Test(arguments: [0o640, 0o604, 0o660, 0o601] as [mode_t])
    func `a key that others may use is refused with what to do`(mode: mode_t) async throws {
        try await ScratchDirectory.with { scratch in
            let file = try Self.keyFile(scratch, mode: mode)
            let run = try await Tool.run(["identities", "list", "--url", "http://127.0.0.1:1", "--api-key-file", file])
            #expect(run.code == 2 && run.errors.contains("\nhint: chmod 600 \(file)\n") && !run.errors.contains("lk_0"))
        }
    }

    @Test func `a service manager's credential may have an ACL`() async throws {
        try await ScratchDirectory.with { scratch in
            let file = try Self.keyFile(scratch, mode: 0o440)
            let arguments = ["identities", "list", "--url", "http://127.0.0.1:1", "--api-key-file", file]
            #expect(try await Tool.run(arguments, environment: ["CREDENTIALS_DIRECTORY": scratch.path]).code == 4)
            #expect(try await Tool.run(arguments, environment: ["CREDENTIALS_DIRECTORY": ""]).code == 2)
        }
    }

    @Test func `a file that is none is refused and not waited for`() async throws {
        try await ScratchDirectory.with { scratch in
            mkfifo(scratch["pipe"], 0o600)
            for path in [scratch["pipe"], scratch.path, scratch["missing"]] {
                let run = try await Tool.run(["identities", "list", "--url", "http://127.0.0.1:1", "--api-key-file", path])
                #expect(run.code == 2 && run.errors.contains(path))
            }
        }
    }

    @Test(arguments: [
        ("http://127.0.0.1:1", "nothing listens at http://127.0.0.1:1"), ("https://no.such.host.invalid", "can't be found"),
        ("http://[::1]:1", "http://[::1]:1"),
    ])
    func `an address that nobody answers at is unreachable`(url: String, message: String) async throws {
        try await ScratchDirectory.with { scratch in
            let run = try await Tool.run(["identities", "list", "--url", url, "--api-key-file", try Self.keyFile(scratch)])
            #expect(run.code == 4 && run.errors.contains(message) && run.errors.contains("\nhint: "), "\(run.errors)")
        }
    }

    @Test func `what answers without TLS is unreachable over https, and gets no key`() async throws {
        try await ScratchDirectory.with { scratch in
            let seen = Mutex("")
            let daemon = FakeDaemon { request in
                seen.withLock { $0 += request.text }
                return FakeDaemon.json(200, "{}")
            }
            defer { daemon.stop() }
            let url = "https://127.0.0.1:\(daemon.port)"
            // The greeting's bytes are no HTTP request, which the fake waits for: the client's patience ends it.
            let run = try await Tool.run(["jwks", "--url", url], shell: "timeout -s KILL 20 \"$0\" \"$@\"")
            #expect(run.code == 4 && run.output.isEmpty && run.errors.contains("no secure connection"), "\(run.errors)")
            #expect(!seen.withLock { $0 }.contains("lk_"))
        }
    }

    @Test func `the key goes into its header, and the path stands in front`() async throws {
        try await ScratchDirectory.with { scratch in
            let seen = Mutex("")
            let daemon = FakeDaemon { request in
                seen.withLock { $0 = request.text }
                return FakeDaemon.json(200, #"{"data":[]}"#)
            }
            defer { daemon.stop() }
            let file = try Self.keyFile(scratch)
            let run = try await Tool.run(
                ["identities", "list", "--url", daemon.url + "/keys/", "--api-key-file", file], environment: ["LATCHKEY_SOCKET": "/nowhere"]
            )
            #expect(run.code == 0, "\(run.errors)")
            let text = seen.withLock { $0 }.lowercased()
            #expect(text.hasPrefix("get /keys/v1/identities?limit=100 http/1.1\r\n") && !text.contains("x-latchkey-org"))
            #expect(text.contains("\r\nx-api-key: \(Self.key)\r\n") && text.contains("\r\nhost: 127.0.0.1:\(daemon.port)\r\n"))
        }
    }

    @Test func `a redirect is not followed`() async throws {
        try await ScratchDirectory.with { scratch in
            let count = Mutex(0)
            let daemon = FakeDaemon { _ in
                count.withLock { $0 += 1 }
                return "HTTP/1.1 302 Found\r\nlocation: /elsewhere\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
            }
            defer { daemon.stop() }
            let run = try await Tool.run([
                "identities", "list", "--url", daemon.url, "--api-key-file", try Self.keyFile(scratch),
            ])
            #expect(run.code == 1 && run.errors.contains("is a redirect (status 302)") && run.errors.contains("/elsewhere"))
            #expect(count.withLock { $0 } == 1)
        }
    }

    @Test func `a key reaches what it holds, and is told what it lacks`() async throws {
        try await ScratchDirectory.with { scratch in
            _ = try await DaemonProcess.with(stateDirectory: scratch["state"]) { daemon in
                _ = try await daemon.run(
                    "api-keys", "mint", "--name", "reader", "--scope", "relayauth:identity:read", "--to-file", scratch["k"])
                let identity = try await daemon.identity("seen from afar")
                let way = ["--url", daemon.url, "--api-key-file", scratch["k"]]
                let list = try await Tool.run(["identities", "list"] + way)
                #expect(list.code == 0 && list.lines.count == 1 && list.output.hasPrefix(identity.id + "\tseen from afar\t"))
                let refused = try await Tool.run(["identities", "create", "--name", "n", "--sponsor", "s"] + way)
                #expect(refused.code == 1 && refused.errors.contains("held: relayauth:identity:read:*"))
                // The public keys need no credential.
                let keys = try await Tool.run(["jwks", "--url", daemon.url])
                #expect(keys.code == 0 && keys.output.contains("\"RS256\""))
                _ = try await daemon.run("api-keys", "revoke", try await daemon.keys()[0].id)
                let revoked = try await Tool.run(["identities", "list"] + way)
                #expect(revoked.code == 1 && revoked.output.isEmpty)
            }
        }
    }
}
