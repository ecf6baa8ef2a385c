import LatchkeyCrypto
import Testing

/// `latchkey verify`: a file, a token, an exit code. No daemon is running.
@Suite(.timeLimit(.minutes(1))) struct VerifyCommand {
    private let maker = TokenMaker.shared

    private struct Verdict: Decodable {
        let valid: Bool
        let reason: String
        let message: String
    }

    /// - Parameter jwks: the maker's own when `nil`.
    private func verify(_ token: String, _ options: String..., jwks: String? = nil, asArgument: Bool = true) async throws -> Tool.Run {
        try await ScratchDirectory.with { scratch in
            try scratch.write(jwks ?? maker.jwks, to: "jwks.json")
            let arguments = ["verify", "--jwks", scratch["jwks.json"]] + options
            return asArgument ? try await Tool.run(arguments + [token]) : try await Tool.run(arguments + ["-"], input: token + "\n")
        }
    }

    private func expect(_ reason: String, _ run: Tool.Run, _ location: SourceLocation = #_sourceLocation) {
        #expect(run.code == 5 && run.output.isEmpty, sourceLocation: location)
        #expect(run.errors.hasPrefix("latchkey: \(reason): "), "\(run.errors)", sourceLocation: location)
    }

    @Test func `a good token's claims are printed`() async throws {
        for asArgument in [false, true] {
            let run = try await verify(
                maker.token(), "--issuer", "https://keys.example", "--audience", "relayfile", "--scope", "relayfile:fs:read:/docs/a",
                asArgument: asArgument)
            #expect(run.code == 0 && run.errors.isEmpty)
            #expect(try run.json(ClaimsAnswer.self).sub == "agent_1")
        }
    }

    @Test func `scopes of planes of the authority's own are asked for like others`() async throws {
        let token = try maker.token(scopes: #""factory:line:run:*""#)
        #expect(try await verify(token, "--scope", "factory:line:run").code == 0)
        try await expect("scope", verify(token, "--scope", "factory:line:send"))
    }

    @Test func `an expired token`() async throws { try await expect("expired", verify(maker.token(expiresIn: -120))) }

    @Test func `a token for others`() async throws { try await expect("audience", verify(maker.token(), "--audience", "cloud")) }

    @Test func `a token of another issuer`() async throws {
        try await expect("issuer", verify(maker.token(), "--issuer", "https://other.example"))
    }

    @Test(arguments: ["relayfile:fs:write:/docs/a", "relayfile:fs:read:/other", "not a scope"])
    func `a token that does not hold what is asked for`(scope: String) async throws {
        try await expect("scope", verify(maker.token(), "--scope", "relayfile:fs:read:/docs/a", "--scope", scope))
    }

    @Test func `a token whose payload was changed`() async throws {
        var parts = try maker.token().split(separator: ".").map(String.init)
        let wider = try maker.token(scopes: #""*:*:*:*""#).split(separator: ".").map(String.init)
        parts[1] = wider[1]
        try await expect("signature", verify(parts.joined(separator: ".")))
    }

    @Test func `a token under another algorithm, signed by nobody, or by a key of the same name`() async throws {
        try await expect("algorithm", verify(maker.token(header: #"{"alg":"HS256","typ":"JWT","kid":"\#(maker.kid)"}"#)))
        try await expect("algorithm", verify(maker.token(header: #"{"alg":"none","typ":"JWT","kid":"\#(maker.kid)"}"#)))
        let other = TokenMaker(key: try RSAPrivateKey.generate(bits: 2048))
        try await expect("unknown_key", verify(other.token()))
        try await expect("signature", verify(other.token(header: #"{"alg":"RS256","typ":"JWT","kid":"\#(maker.kid)"}"#)))
        try await expect("unknown_key", verify(maker.token(), jwks: other.jwks))
    }

    @Test(arguments: ["", "x", "a.b.c", "lkr_0000", String(repeating: "x", count: 20_000)])
    func `what is no token`(text: String) async throws { try await expect("malformed", verify(text)) }

    @Test func `a token on standard input is answered there, whatever is wrong with it`() async throws {
        let run = try await verify(maker.token(expiresIn: -120), asArgument: false)
        let verdict = try run.json(Verdict.self)
        #expect(run.code == 5 && run.lines.count == 1 && !verdict.valid && verdict.reason == "expired")
        #expect(run.errors == "latchkey: expired: \(verdict.message)\n")
    }

    @Test(arguments: ["", "{}", "[]", #"{"keys":[]}"#, "not json"])
    func `what is no JWKS`(text: String) async throws { try await expect("key_set", verify(maker.token(), jwks: text)) }

    @Test func `a JWKS that can't be read is a failure of another kind`() async throws {
        let run = try await Tool.run(["verify", "--jwks", "/missing/jwks.json", "x"])
        #expect(run.code == 1 && run.errors.contains("/missing/jwks.json"))
    }

    @Test func `with --json the verdict is JSON, too`() async throws {
        let run = try await verify(maker.token(expiresIn: -120), "--json")
        let verdict = try run.json(Verdict.self)
        #expect(run.code == 5 && !verdict.valid && verdict.reason == "expired" && run.errors.hasPrefix("latchkey: expired: "))
    }

    @Test func `text of a stranger's token reaches the terminal escaped`() async throws {
        let run = try await verify(maker.token(issuer: #"https://\u001b[2J\u202e"#), "--issuer", "https://keys.example")
        try #require(run.code == 5)
        #expect(run.errors.contains("\\u{1B}[2J\\u{202E}") && !run.errors.contains("\u{1B}"))
        let good = try await verify(maker.token(issuer: #"https://\u009b2J\u202e"#))
        #expect(
            good.output.contains(#"\u009b2J\u202e"#)
                && good.output.unicodeScalars.allSatisfy { $0 == "\n" || (0x20...0x7E).contains($0.value) })
    }

    @Test func `a token that the daemon issued verifies with the JWKS that it published, after it has gone`() async throws {
        try await ScratchDirectory.with { scratch in
            let ended = try await DaemonProcess.with(stateDirectory: scratch["state"]) { daemon in
                let identity = try await daemon.identity("offline")
                return (jwks: try await daemon.run("jwks").output, token: try await daemon.pair(identity.id).accessToken)
            }
            let run = try await verify(
                ended.value.token, "--issuer", DaemonProcess.issuer, "--audience", "relayfile", "--scope", "relayfile:fs:read:/docs/a",
                jwks: ended.value.jwks)
            #expect(run.code == 0, "\(run.errors)")
        }
    }
}
