import Testing

/// What `signing-keys` makes of the daemon's answers; `fixtures/command-line/key-ring.json` is one.
@Suite(.timeLimit(.minutes(2))) struct SigningKeyCommands {
    private static let signer = "NFyfVZyYaJbLI0W4nR00knB1HQT4jFQJfoxzmx5dixI"
    private static let ring: @Sendable (String) -> (Int, String) = { _ in
        (200, (try? Fixture.text("command-line/key-ring.json")) ?? "no fixture")
    }

    @Test func `keys are a table, and the daemon's own answer for programs`() async throws {
        let list = try await FakeRun.of(["signing-keys", "list"], answer: Self.ring)
        #expect(list.run.code == 0 && list.asked == ["GET /v1/admin/keys"])
        #expect(
            list.run.lines.first
                == "\(Self.signer)\tactive\t2048\timported\t2026-07-25T12:00:00.000Z\t2026-10-24T12:00:00.000Z\t-\t-")
        #expect(list.run.lines.count == 3 && list.run.lines[2].hasSuffix("\t2026-10-24T12:00:00.000Z\t2026-10-25T12:00:00.000Z"))
        let json = try await FakeRun.of(["signing-keys", "list", "--json"], answer: Self.ring)
        #expect(json.run.output == (try Fixture.text("command-line/key-ring.json")))
    }

    @Test func `a key is shown with its life`() async throws {
        let shown = try await FakeRun.of(["signing-keys", "show", "qn98ukey4kEUI4f2t3woAkfEVM58aBfblmhYNYw7q4E"], answer: Self.ring)
        for fact in [
            "status\trevoked: out of the JWKS, and every token of it refused", "algorithm\tRS256 RSA-3072",
            "left the JWKS\t2026-10-25T12:00:00.000Z", "revoked because\tits host was stolen",
        ] { #expect(shown.run.lines.contains(fact), "\(shown.run.output)") }
        let json = try await FakeRun.of(["signing-keys", "show", Self.signer, "--json"], answer: Self.ring)
        #expect(json.run.output.hasPrefix("{") && json.run.output.contains(Self.signer) && !json.run.output.contains("schedule"))
        let unknown = try await FakeRun.of(["signing-keys", "show", "NFyf"], answer: Self.ring)
        #expect(unknown.run.code == 1 && unknown.run.errors.contains("there is no signing key NFyf\nhint: its whole id"))
    }

    @Test func `a public half is exported as the PEM that other programs make of it, and as a JWK`() async throws {
        let pem = try await FakeRun.of(["signing-keys", "export-public", Self.signer], answer: Self.ring)
        #expect(pem.run.output == (try Fixture.text("crypto/rsa2048-public.pem")))
        for flag in ["--jwk", "--json"] {
            let jwk = try await FakeRun.of(["signing-keys", "export-public", Self.signer, flag], answer: Self.ring)
            #expect(jwk.run.code == 0 && jwk.run.output.contains(#""kty": "RSA""#) && jwk.run.output.contains(#""kid": "\#(Self.signer)""#))
        }
    }

    @Test func `a public half that is not the named key's is not exported`() async throws {
        let run = try await FakeRun.of(["signing-keys", "export-public", "qn98ukey4kEUI4f2t3woAkfEVM58aBfblmhYNYw7q4E"], answer: Self.ring)
        #expect(run.run.code == 1 && run.run.output.isEmpty && run.run.errors.contains("does not belong to qn98ukey"))
    }

    @Test func `the ring is explained, with letters for files and blocks at a terminal`() async throws {
        let letters = try await FakeRun.of(["signing-keys", "explain"], answer: Self.ring)
        #expect(letters.run.code == 0 && letters.run.output.utf8.allSatisfy { $0 == 0x0A || (0x20...0x7E).contains($0) })
        #expect(letters.run.lines.contains { $0.hasPrefix("NFyfVZyY active ") && $0.contains("S|S") })
        #expect(letters.run.lines.last?.hasPrefix("Next, at 2027-01-22T12:00:00.000Z (in 62 days), ") == true)
        let blocks = try await FakeRun.of(["signing-keys", "explain"], typing: "", answer: Self.ring)
        #expect(blocks.run.output.contains("█│█") && blocks.run.output.contains("✗") && blocks.run.output.contains("▼ now, 2026-11-21"))
        #expect(blocks.run.lines.prefix(5).contains { $0.count > 90 })
    }

    private static let rotated =
        #"{"newKeyId":"N","oldKeyId":"O","standbyKeyId":"S","rotatedAt":"T1","oldKeyExpiresAt":"T2","notYetAcceptedBy":[\#("")"#

    @Test(arguments: [
        ("", "nobody: all who play by the rules know the new signer", "nothing is left to do"),
        (#"{"who":"a cached JWKS","until":"T3"}"#, "a cached JWKS, until T3", "let those verifiers fetch the JWKS"),
    ])
    func `a rotation says what it did, and to whom`(harmed: String, fact: String, next: String) async throws {
        let run = try await FakeRun.of(["signing-keys", "rotate", "--now", "--yes"]) { _ in (200, Self.rotated + harmed + "]}") }
        #expect(run.run.code == 0 && run.asked == [#"POST /v1/admin/keys/rotate {"now":true}"#])
        #expect(run.run.output.hasPrefix("rotated\tT1\nsigns now\tN\nverifies only\tO\nleaves the JWKS\tT2\nnew standby\tS\n"))
        #expect(run.run.output.contains("not yet accepted by\t\(fact)\nnext\t\(next)"))
    }

    @Test func `a standby that is too young says from when on, and how before that`() async throws {
        let run = try await FakeRun.of(["signing-keys", "rotate", "--yes"]) { _ in
            (409, #"{"message":"the standby is too young","code":"standby_too_young","readyAt":"T"}"#)
        }
        #expect(run.run.code == 1 && run.run.output.isEmpty && run.asked == ["POST /v1/admin/keys/rotate {}"])
        #expect(run.run.errors == "latchkey: the standby is too young\nhint: possible from T on; before that with --now\n")
    }

    @Test(arguments: [("rotate", true), ("yes", true), ("no", false), ("", false)])
    func `a rotation is confirmed at the terminal, after its cost was told`(answer: String, isDone: Bool) async throws {
        let run = try await FakeRun.of(["signing-keys", "rotate", "--now"], typing: answer) { asked in
            asked.hasPrefix("GET") ? Self.ring(asked) : (200, Self.rotated + "]}")
        }
        #expect(run.run.output.contains("a verifier with a cached JWKS may not know "))
        #expect(run.run.output.contains("a holder of an older trust bundle may not know it before 2026-11-23T12:00:00.000Z"))
        #expect(run.run.output.contains("\(Self.signer) signs now: let "))
        #expect(run.asked.count == (isDone ? 2 : 1) && run.run.code == (isDone ? 0 : 1), "\(run.run.output)")
    }

    @Test func `an emergency says who may still accept what, and until when`() async throws {
        let answer =
            #"{"revokedKeyIds":["A"],"revokedAt":"T1","signerKeyId":"B","standbyKeyId":"C","stillAcceptedBy":[{"who":"verifiers with a cached JWKS","until":"T2"},{"who":"holders of bundles","until":"T3"}],"outstandingTokens":12,"latestTokenExpiry":"T4","notYetAcceptedBy":[{"who":"bundles before C","until":"T5"}],"verifiersMustRefetch":true}"#
        let run = try await FakeRun.of(["signing-keys", "revoke", "A", "--reason", "stolen", "--yes"]) { _ in (200, answer) }
        #expect(run.run.code == 0 && run.asked == [#"POST /v1/admin/keys/A/revoke {"reason":"stolen"}"#])
        #expect(
            run.run.lines.prefix(8) == [
                "revoked\tA", "revoked at\tT1", "signs now\tB", "new standby\tC", "outstanding tokens\t12; the last one ends T4",
                "still accepted by\tverifiers with a cached JWKS, until T2", "still accepted by\tholders of bundles, until T3",
                "not yet accepted by\tbundles before C, until T5",
            ])
        #expect(
            run.run.output.contains("verifiers\tthose that do not know the new signer must fetch the JWKS")
                && run.run.lines.last?.hasPrefix("next\tmake the verifiers") == true)
        let json = try await FakeRun.of(["signing-keys", "revoke", "--all", "--reason", "r", "--yes", "--json"]) { _ in (200, answer) }
        #expect(json.run.output == answer + "\n" && json.asked == [#"POST /v1/admin/keys/revoke-all {"reason":"r"}"#])
    }

    @Test func `a key that was revoked before is told as that`() async throws {
        let run = try await FakeRun.of(["signing-keys", "revoke", "A", "--reason", "r", "--yes"]) { _ in
            (
                200,
                #"{"revokedKeyIds":[],"revokedAt":"T","signerKeyId":"B","stillAcceptedBy":[],"outstandingTokens":0,"notYetAcceptedBy":[]}"#
            )
        }
        #expect(run.run.code == 0 && run.run.output.hasPrefix("revoked\tA had been revoked before; nothing was done now\n"))
        #expect(run.run.output.contains("outstanding tokens\tnone\nstill accepted by\tnobody\n"))
    }

    @Test func `an answer that does not say what was revoked is no success`() async throws {
        let run = try await FakeRun.of(["signing-keys", "revoke", "A", "--reason", "r", "--yes"]) { _ in (200, "{}") }
        #expect(run.run.code == 1 && run.run.output.isEmpty)
    }

    @Test(arguments: [("yes", true), (signer, true), ("all", false), ("y", false)])
    func `a revocation is confirmed at the terminal`(answer: String, isDone: Bool) async throws {
        let run = try await FakeRun.of(["signing-keys", "revoke", Self.signer, "--reason", "r"], typing: answer) { asked in
            asked.hasPrefix("GET") ? Self.ring(asked) : (200, #"{"revokedKeyIds":["A"]}"#)
        }
        #expect(run.run.output.contains("revoke \(Self.signer) (active), for good? every token of it is dead at once, and "))
        #expect(run.asked.count == (isDone ? 2 : 1) && run.run.code == (isDone ? 0 : 1), "\(run.run.output)")
    }

    @Test(arguments: [("yes", true), ("all", true), (signer, false), ("", false)])
    func `to revoke all is confirmed at the terminal`(answer: String, isDone: Bool) async throws {
        let run = try await FakeRun.of(["signing-keys", "revoke", "--all", "--reason", "r"], typing: answer) { asked in
            asked.hasPrefix("GET") ? Self.ring(asked) : (200, #"{"revokedKeyIds":["A"]}"#)
        }
        #expect(run.run.output.contains("revoke every signing key, for good?"))
        #expect(run.asked.count == (isDone ? 2 : 1) && run.run.code == (isDone ? 0 : 1), "\(run.run.output)")
    }

    @Test func `a key is imported from a file or from standard input, byte for byte`() async throws {
        let pem = try Fixture.text("crypto/rsa2048-pkcs8.pem")
        let body = #"POST /v1/admin/keys/import {"pem":""# + pem.replacing("\n", with: "\\n") + "\"}"
        let answer = #"{"keyId":"K","status":"standby","displacedKeyId":"D","readyAt":"T"}"#
        try await ScratchDirectory.with { scratch in
            try scratch.write(pem, to: "k.pem")
            let file = try await FakeRun.of(["signing-keys", "import", scratch["k.pem"]]) { _ in (200, answer) }
            #expect(file.run.code == 0 && file.asked == [body])
            #expect(
                file.run.output.hasPrefix(
                    "imported\tK\nstatus\tstandby\ncan sign from\tT\nretired in its favour\tD\nnext\t\(scratch["k.pem"]) still"))
            #expect(file.run.errors.contains("has the mode 644") && !file.run.errors.contains("BEGIN"))
        }
        let piped = try await FakeRun.of(["signing-keys", "import", "-"], input: pem.replacing("\n", with: "\r\n")) { _ in (200, answer) }
        #expect(piped.run.code == 0 && piped.asked == [body] && piped.run.errors.isEmpty)
    }

    @Test(arguments: ["", "\n \n", "quoted \"", "\\", "nul\u{0}", "ünï", String(repeating: "a", count: 16_385)])
    func `what is no text of a key is not sent`(input: String) async throws {
        let run = try await FakeRun.of(["signing-keys", "import", "-"], input: input) { _ in (200, "{}") }
        #expect(run.run.code == 1 && run.asked.isEmpty && run.run.errors.contains("not a private key in PEM"))
        if input.count > 3 { #expect(!run.run.errors.contains(input)) }
    }

    @Test func `a key is not typed, and is no argument`() async throws {
        let typed = try await FakeRun.of(["signing-keys", "import", "-"], typing: "x") { _ in (200, "{}") }
        #expect(typed.run.code == 2 && typed.asked.isEmpty && typed.run.output.contains("a private key is not typed"))
        let argument = try await Tool.run(["signing-keys", "import", "-----BEGIN PRIVATE KEY----- MIIsecret", "--socket", "/nowhere"])
        #expect(argument.code == 2 && !argument.errors.contains("MIIsecret"))
    }
}
