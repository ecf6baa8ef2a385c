import Synchronization
import Testing

/// In which order a key takes another's place, and what is left when a step of it fails.
@Suite(.timeLimit(.minutes(1))) struct SuccessionOrder {
    private static let secret = "lk_" + String(repeating: "0", count: 49)
    private static let key =
        #"{"id":"ak_new","prefix":"lk_00000000","name":"n","kind":"service","scopes":["relayfile:fs:read:*"],"revoked":false}"#

    /// A step that the daemon is asked for.
    enum Step: String { case look, make, prove, endNew, endOld }

    /// What is said to a key that is not known.
    private static let unknown = FakeDaemon.json(401, #"{"message":"no","code":"invalid_api_key"}"#)
    private static let forbidden = FakeDaemon.json(403, #"{"message":"no","code":"insufficient_scope"}"#)

    /// - Parameters:
    ///   - refused: the step that fails, and at which time it is asked for.
    ///   - answer: what it fails with; nothing at all breaks the connection.
    ///   - lasting: whether it fails from that time on.
    /// - Returns: the run, the steps, with `prove` only where it was the new key that asked, and whether the secret was stored.
    private func run(
        _ command: [String], refusing refused: (Step, time: Int)? = nil, with answer: String = unknown, kind: String = "service",
        holding scopes: String = #"["relayfile:fs:read:*"]"#, lasting: Bool = false, shell: String? = nil
    ) async throws -> (run: Tool.Run, steps: [Step], stored: Bool) {
        try await ScratchDirectory.with { scratch in
            let steps = Mutex<[Step]>([])
            let daemon = FakeDaemon(path: scratch["s"]) { request in
                let step = Self.step(request.text, proof: scopes == "[]" ? "*" : "relayfile:fs:read:*")
                let time = steps.withLock { steps in
                    if let step { steps.append(step) }
                    return steps.count { $0 == step }
                }
                let isRefused = refused.map { step == $0.0 && (time == $0.time || lasting && time > $0.time) } ?? false
                guard let step, !isRefused else { return answer }
                switch step {
                case .look: return FakeDaemon.json(200, #"{"id":"ak_old","revoked":false,"expiresAt":"2030-01-01T00:00:00.000Z"}"#)
                case .make:
                    let key = Self.key.replacing("service", with: kind).replacing(#"["relayfile:fs:read:*"]"#, with: scopes)
                    return FakeDaemon.json(201, #"{"apiKey":\#(key),"key":"\#(Self.secret)"}"#)
                case .prove: return FakeDaemon.json(200, #"{"allowed":true,"matchedScope":"relayfile:fs:read:*"}"#)
                case .endNew, .endOld: return FakeDaemon.json(200, #"{"revoked":true}"#)
                }
            }
            defer { daemon.stop() }
            let place = shell == nil ? ["--to-file", scratch["k"]] : ["--print-key"]
            let run = try await Tool.run(command + place + ["--socket", scratch["s"]], shell: shell)
            return (run, steps.withLock { $0 }, scratch.names.contains("k"))
        }
    }

    private static func step(_ request: String, proof: String) -> Step? {
        let line = request.split(separator: " ").prefix(2).joined(separator: " ")
        let isByNewKey = request.lowercased().contains("\r\nx-api-key: \(secret)\r\n")
        switch line {
        case "GET /v1/api-keys/ak_old": return .look
        case "POST /v1/api-keys" where !isByNewKey: return .make
        case "POST /v1/api-keys/ak_old/rotate" where !isByNewKey: return .make
        case "POST /v1/authorize" where isByNewKey && request.hasSuffix(#"{"scope":"\#(proof)"}"#): return .prove
        case "POST /v1/api-keys/ak_new/revoke" where !isByNewKey: return .endNew
        case "POST /v1/api-keys/ak_old/revoke" where !isByNewKey: return .endOld
        default: return nil
        }
    }

    private static let mint = ["api-keys", "mint", "--name", "n", "--scope", "relayfile:fs:read", "--replaces", "ak_old"]
    private static let rotate = ["api-keys", "rotate", "ak_old"]

    @Test func `the old key ends last, after the new one was stored and proven`() async throws {
        let minted = try await run(Self.mint)
        #expect(minted.run.code == 0 && minted.stored, "\(minted.run.errors)")
        #expect(minted.steps == [.look, .make, .prove, .prove, .endOld])
        let rotated = try await run(Self.rotate)
        #expect(rotated.run.code == 0 && rotated.steps == [.make, .prove, .prove, .endOld])
        let overlapping = try await run(Self.rotate + ["--overlap", "1h"])
        #expect(overlapping.run.code == 0 && overlapping.steps == [.make, .prove, .prove, .look])
    }

    @Test func `a mint that replaces nothing proves nothing and ends nothing`() async throws {
        let minted = try await run(["api-keys", "mint", "--name", "n", "--scope", "relayfile:fs:read"])
        #expect(minted.run.code == 0 && minted.steps == [.make])
    }

    @Test(arguments: [mint, rotate]) func `a new key that does not authenticate is given to nobody, and revoked`(command: [String])
        async throws
    {
        let (run, steps, stored) = try await run(command, refusing: (.prove, time: 1))
        #expect(run.code == 1 && run.output.isEmpty && !stored)
        #expect(steps.filter { $0 != .look }.suffix(3) == [.make, .prove, .endNew])
        #expect(
            run.errors.contains(
                "ak_new was not proven to authenticate, and its secret was given to nobody: no; it has been revoked; ak_old "))
    }

    @Test(arguments: [mint, rotate]) func `one that no longer does so once it is stored is revoked, too`(command: [String]) async throws {
        let (run, steps, stored) = try await run(command, refusing: (.prove, time: 2))
        #expect(run.code == 1 && run.output.isEmpty && stored)
        #expect(steps.filter { $0 != .look }.suffix(3) == [.prove, .prove, .endNew])
        #expect(run.errors.contains("ak_new was stored but does not authenticate: no; it has been revoked; ak_old "))
    }

    @Test(arguments: [mint, rotate]) func `when the old key can't be ended, both work, and it is said how to end it`(command: [String])
        async throws
    {
        let (run, steps, stored) = try await run(command + ["--org", "org_2"], refusing: (.endOld, time: 1))
        #expect(run.code == 1 && run.output.isEmpty && stored && !steps.contains(.endNew))
        #expect(run.errors.contains("ak_new is stored and works, but ak_old could not be revoked: no; both work now"))
        #expect(run.errors.contains("hint: revoke the old one: latchkey api-keys revoke ak_old --socket /"))
        #expect(run.errors.hasSuffix(" --org org_2\n"))
    }

    @Test func `a proof on a connection that broke is made once more, on a new one`() async throws {
        let (run, steps, stored) = try await run(Self.mint, refusing: (.prove, time: 2), with: "")
        #expect(run.code == 0 && stored, "\(run.errors)")
        #expect(steps == [.look, .make, .prove, .prove, .prove, .endOld])
    }

    @Test func `a self-service key that may not do anything just now has authenticated all the same, another one has not`() async throws {
        let own = try await run(Self.rotate, refusing: (.prove, time: 1), with: Self.forbidden, kind: "self_service")
        #expect(own.run.code == 0 && own.steps == [.make, .prove, .prove, .endOld], "\(own.run.errors)")
        let empty = try await run(Self.rotate, refusing: (.prove, time: 1), with: Self.forbidden, kind: "self_service", holding: "[]")
        #expect(empty.run.code == 0 && empty.steps == [.make, .prove, .prove, .endOld], "\(empty.run.errors)")
        let other = try await run(Self.rotate, refusing: (.prove, time: 1), with: Self.forbidden)
        #expect(other.run.code == 1 && other.steps == [.make, .prove, .endNew, .look])
    }

    @Test(arguments: [mint, rotate], ["", forbidden, broken, FakeDaemon.json(503, #"{"message":"no","code":"storage_unavailable"}"#)])
    func `once it is stored, nothing but the word that the new key is none undoes it: the old one may be gone from there`(
        command: [String], answer: String
    ) async throws {
        let (run, steps, stored) = try await run(command, refusing: (.prove, time: 2), with: answer, lasting: true)
        #expect(run.code == 1 && run.output.isEmpty && stored && !steps.contains(.endNew) && !steps.contains(.endOld))
        #expect(run.errors.contains("ak_new is stored, but could not be proven once more: "), "\(run.errors)")
        #expect(run.errors.contains("revoke the old one: latchkey api-keys revoke ak_old"))
    }

    @Test(arguments: [(Step.prove, 1), (.prove, 2), (.endOld, 1)])
    func `what the daemon would hear a little later is said again then`(step: Step, time: Int) async throws {
        let later = FakeDaemon.json(429, #"{"message":"later","code":"rate_limited"}"#)
            .replacing("\r\nconnection", with: "\r\nretry-after: 0\r\nconnection")
        let (run, steps, stored) = try await run(Self.mint, refusing: (step, time: time), with: later)
        #expect(run.code == 0 && stored, "\(run.errors)")
        #expect(steps.count == 6 && steps.count { $0 == step } == (step == .prove ? 3 : 2))
        let much = later.replacing("retry-after: 0", with: "retry-after: 3600")
        #expect(try await self.run(Self.mint, refusing: (step, time: time), with: much).run.code == 1)
    }

    private static let broken = FakeDaemon.json(500, #"{"message":"oh","code":"internal_error"}"#)

    @Test(arguments: [
        "", "HTTP/1.1 201 Created\r\ncontent-length: 9\r\nconnection: close\r\n\r\n{\"api", broken, FakeDaemon.json(201, "{}"),
    ])
    func `when the answer is lost, it is said what to look for, and what has become of the old key`(answer: String) async throws {
        let minted = try await run(Self.mint, refusing: (.make, time: 1), with: answer)
        #expect(minted.run.code == 3 && minted.run.output.isEmpty && !minted.stored && minted.steps == [.look, .make])
        #expect(
            minted.run.errors.contains("whether an API key was made is not known: ")
                && minted.run.errors.contains("; ak_old is untouched\n"))
        #expect(minted.run.errors.contains("hint: look for one named n that nobody has: latchkey api-keys list --limit 5 --socket /"))
        let rotated = try await run(Self.rotate, refusing: (.make, time: 1), with: answer)
        #expect(rotated.run.code == 3 && rotated.run.output.isEmpty && !rotated.stored && rotated.steps == [.make, .look])
        #expect(rotated.run.errors.contains("; ak_old ends at 2030-01-01T00:00:00.000Z\n"), "\(rotated.run.errors)")
        #expect(rotated.run.errors.contains("one of the same name as ak_old that nobody has"))
    }

    @Test(arguments: [mint, rotate]) func `a key whose secret did not come along is revoked`(command: [String]) async throws {
        let (run, steps, stored) = try await run(
            command, refusing: (.make, time: 1), with: FakeDaemon.json(201, #"{"apiKey":\#(Self.key),"key":null}"#))
        #expect(run.code == 3 && run.output.isEmpty && !stored && steps.contains(.endNew) && !steps.contains(.endOld))
        #expect(run.errors.contains("ak_new was minted but its secret did not come with the answer; it has been revoked"))
    }

    @Test func `a refusal is a refusal`() async throws {
        let refused = try await run(Self.rotate, refusing: (.make, time: 1))
        #expect(refused.run.code == 1 && refused.run.errors == "latchkey: no\n" && refused.steps == [.make])
    }

    @Test(arguments: [mint, rotate]) func `for a secret that was printed and not read the old key does not end`(command: [String])
        async throws
    {
        // Of the 53 bytes, the reader takes ten, and goes.
        let shell = "{ \"$0\" \"$@\"; echo \"code $?\" >&2; } | dd bs=1 count=10 of=/dev/null 2> /dev/null"
        let (run, steps, _) = try await run(command, shell: shell)
        #expect(run.errors.hasSuffix("\ncode 3\n") && steps.contains(.endNew) && !steps.contains(.endOld), "\(run.errors)")
        #expect(run.errors.contains("ak_new was minted but its secret reached nobody"))
    }

    @Test func `when the key to be replaced can't be looked at, nothing is minted`() async throws {
        let (run, steps, stored) = try await run(Self.mint, refusing: (.look, time: 1))
        #expect(run.code == 1 && steps == [.look] && !stored)
    }

    @Test func `a daemon that does not speak of descendants is not believed to have reached them`() async throws {
        let revoked = try await FakeRun.of(["api-keys", "revoke", "ak_old", "--descendants"]) { _ in (200, Self.key) }
        #expect(revoked.run.code == 1 && revoked.run.errors.contains("does not say that what came from it was, too"))
    }
}
