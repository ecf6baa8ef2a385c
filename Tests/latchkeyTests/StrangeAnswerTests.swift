import Glibc
import Synchronization
import Testing

/// What the command line makes of answers that a healthy daemon does not give.
@Suite(.timeLimit(.minutes(1))) struct StrangeAnswers {
    private func run(_ arguments: String..., answer: @escaping @Sendable (FakeDaemon.Request) -> String) async throws -> Tool.Run {
        try await ScratchDirectory.with { scratch in
            let daemon = FakeDaemon(path: scratch["s"], answer: answer)
            defer { daemon.stop() }
            return try await Tool.run(arguments + ["--socket", scratch["s"]])
        }
    }

    @Test(arguments: ["<html>", "", "{\"keys\":", "[]"])
    func `an answer that is not the daemon's is refused`(body: String) async throws {
        let run = try await run("api-keys", "list") { _ in FakeDaemon.json(200, body) }
        #expect(run.code == 1 && run.output.isEmpty && run.errors.contains("is this latchkey's admin socket"))
    }

    @Test func `a connection that breaks leaves open what was done`() async throws {
        let run = try await run("api-keys", "revoke", "ak_1") { _ in "" }
        #expect(run.code == 1 && run.errors.contains("is not known: look before trying again"))
    }

    @Test func `an endless answer is cut off`() async throws {
        let run = try await run("jwks") { _ in FakeDaemon.json(200, String(repeating: " ", count: 17 << 20)) }
        #expect(run.code == 1 && run.output.isEmpty && run.errors.contains("16 MiB"))
    }

    @Test func `a list that never ends is cut off`() async throws {
        let run = try await run("identities", "list") { _ in FakeDaemon.json(200, #"{"data":[{"id":"a"}],"cursor":"again"}"#) }
        #expect(run.code == 1 && run.lines.count == 2)
    }

    @Test func `a refusal is told in the daemon's words, escaped`() async throws {
        let run = try await run("status") { _ in
            FakeDaemon.json(403, #"{"message":"no\u001b[2J\u202e","required":"a:b:read:*","actual":[]}"#)
        }
        #expect(run.code == 1 && run.errors == "latchkey: no\\u{1B}[2J\\u{202E}\nhint: needed: a:b:read:*; held: no scope\n")
    }

    @Test func `a limit says when to come back`() async throws {
        let run = try await run("status") { _ in
            FakeDaemon.json(429, #"{"message":"too many"}"#).replacing("\r\nconnection", with: "\r\nretry-after: 17\r\nconnection")
        }
        #expect(run.code == 1 && run.errors == "latchkey: too many\nhint: try again in 17 s\n")
    }

    @Test func `a hostile name stays in its cell`() async throws {
        let run = try await run("identities", "list") { _ in
            FakeDaemon.json(200, #"{"data":[{"id":"a","name":"x\ty\nz\u001b[31m\u200b","status":"active"}]}"#)
        }
        #expect(run.code == 0 && run.output == "a\tx\\u{9}y\\u{A}z\\u{1B}[31m\\u{200B}\t-\tactive\t-\t-\t-\n")
    }

    @Test func `the organisation and the ids are sent as they were given`() async throws {
        let seen = Mutex("")
        let run = try await ScratchDirectory.with { scratch in
            let daemon = FakeDaemon(path: scratch["s"]) { request in
                seen.withLock { $0 = request.text }
                return FakeDaemon.json(404, #"{"message":"no"}"#)
            }
            defer { daemon.stop() }
            return try await Tool.run(["identities", "show", "../admin/status?a=b", "--org", "org_2", "--socket", scratch["s"]])
        }
        #expect(run.code == 1)
        #expect(seen.withLock { $0 }.hasPrefix("GET /v1/identities/%2E%2E%2Fadmin%2Fstatus%3Fa%3Db HTTP/1.1\r\n"))
        #expect(seen.withLock { $0 }.lowercased().contains("\r\nx-latchkey-org: org_2\r\n"))
    }

    private static let minted = #"{"apiKey":{"id":"ak_1","prefix":"lk_12345678","scopes":["*:*:*:*"]},"key":"lk_12345678901"}"#

    @Test(arguments: [SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGALRM, SIGVTALRM, SIGPROF, SIGXCPU, SIGPWR, 34, 64])
    func `a mint is not ended half-way`(signal: Int32) async throws {
        try await ScratchDirectory.with { scratch in
            let daemon = FakeDaemon(path: scratch["s"]) { request in
                kill(request.pid, signal)
                return FakeDaemon.json(201, Self.minted)
            }
            defer { daemon.stop() }
            let run = try await Tool.run([
                "api-keys", "mint", "--name", "n", "--scope", "*", "--to-file", scratch["k"], "--socket", scratch["s"],
            ])
            #expect(run.code == 0)
            #expect(try scratch.read("k") == "lk_12345678901\n" && scratch.names == ["k", "s"])
        }
    }

    @Test(arguments: [["--to-file", "k"], ["--to-temp-file"]])
    func `a signal before the mint leaves nothing behind`(destination: [String]) async throws {
        try await ScratchDirectory.with { scratch in
            let daemon = FakeDaemon(path: scratch["s"]) { request in
                // It asks for the key to be replaced: nothing is made yet.
                kill(request.pid, SIGTERM)
                return ""
            }
            defer { daemon.stop() }
            let run = try await Tool.run(
                ["api-keys", "mint", "--name", "n", "--scope", "*", "--replaces", "ak_0", "--socket", scratch["s"]]
                    + destination.map { $0 == "k" ? scratch["k"] : $0 }, environment: ["TMPDIR": scratch.path])
            #expect(run.code == nil && scratch.names == ["s"], "\(run) \(scratch.names)")
        }
    }

    @Test(arguments: ["> /dev/full", ">&-"])
    func `a key that is stored but can't be told is named, and it is said not to mint it again`(output: String) async throws {
        try await ScratchDirectory.with { scratch in
            let daemon = FakeDaemon(path: scratch["s"]) { _ in FakeDaemon.json(201, Self.minted) }
            defer { daemon.stop() }
            for form in [[], ["--json"]] {
                let file = "k\(form.count)"
                let run = try await Tool.run(
                    ["api-keys", "mint", "--name", "n", "--scope", "*", "--to-file", scratch[file], "--socket", scratch["s"]] + form,
                    shell: "exec \"$0\" \"$@\" \(output)")
                #expect(run.code == 1 && scratch.names.contains(file))
                #expect(run.errors.contains("the API key ak_1 was minted and stored (file \(scratch[file])) and works"), "\(run.errors)")
                #expect(run.errors.contains("hint: don't mint it again"))
            }
        }
    }

    @Test func `a key that could be neither stored nor revoked is named`() async throws {
        try await ScratchDirectory.with { scratch in
            let daemon = FakeDaemon(path: scratch["s"]) { request in
                request.text.hasPrefix("POST /v1/api-keys/ak_1/revoke ")
                    ? FakeDaemon.json(503, #"{"message":"the disk is full"}"#) : FakeDaemon.json(201, Self.minted)
            }
            defer { daemon.stop() }
            let run = try await Tool.run(
                ["api-keys", "mint", "--name", "n", "--scope", "*", "--print-key", "--socket", scratch["s"]],
                shell: "exec \"$0\" \"$@\" > /dev/full")
            #expect(run.code == 3)
            #expect(run.errors.contains("ak_1") && run.errors.contains("perhaps still valid") && run.errors.contains("the disk is full"))
            #expect(
                run.errors.hasSuffix("hint: revoke it: latchkey api-keys revoke ak_1 --socket \(scratch["s"])\n")
                    && !run.errors.contains("lk_12345678901"))
        }
    }

    @Test func `a file that appears while the key is being minted is kept, and the key revoked`() async throws {
        try await ScratchDirectory.with { scratch in
            let daemon = FakeDaemon(path: scratch["s"]) { request in
                if request.text.hasPrefix("POST /v1/api-keys ") { close(open(scratch["k"], O_CREAT | O_WRONLY, 0o600)) }
                return FakeDaemon.json(201, Self.minted)
            }
            defer { daemon.stop() }
            let run = try await Tool.run([
                "api-keys", "mint", "--name", "n", "--scope", "*", "--to-file", scratch["k"], "--socket", scratch["s"],
            ])
            #expect(run.code == 3 && run.errors.contains("it has been revoked"))
            #expect(try scratch.read("k").isEmpty && scratch.names == ["k", "s"])
        }
    }
}
