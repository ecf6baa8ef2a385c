import FoundationEssentials
import Glibc
import LatchkeyVerifier
import Testing

/// `latchkey verify` with an anchor and a bundle: the golden pack, through the executable.
@Suite(.timeLimit(.minutes(3))) struct OfflineVerify {
    struct Case: Decodable, Sendable, CustomTestStringConvertible {
        let name: String
        let anchor: String
        let bundle: String
        let token: String
        let audience: String
        let issuer: String?
        let scopes: [String]?
        let state: String?
        let stateAfter: String?
        let legacySecret: String?
        let legacyKid: String?
        let at: String?
        let verdict: String

        var testDescription: String { name }
    }

    private struct Verdicts: Decodable {
        let cases: [Case]
    }

    private struct Answer: Decodable {
        let sub: String?
        let reason: String?
    }

    /// All that need no moment of their own: the executable has the host's clock.
    private static let cases: [Case] = {
        let verdicts = try! JSONDecoder().decode(Verdicts.self, from: Data(Fixture.bytes("offline/verdicts.json")))
        return verdicts.cases.filter { $0.at == nil }
    }()

    private static func path(_ name: String) -> String { Fixture.path("offline/\(name)") }

    private static func copy(_ name: String, to target: String, mode: mode_t = 0o600) throws {
        try Data(Fixture.bytes("offline/\(name)")).write(to: URL(filePath: target))
        chmod(target, mode)
    }

    /// The options that a case is verified with.
    private static func options(_ test: Case, _ scratch: ScratchDirectory) throws -> [String] {
        var options = ["--anchor", path(test.anchor), "--bundle", path(test.bundle), "--audience", test.audience]
        if let issuer = test.issuer { options += ["--issuer", issuer] }
        for scope in test.scopes ?? [] { options += ["--scope", scope] }
        if let secret = test.legacySecret, let kid = test.legacyKid {
            try copy(secret, to: scratch["secret"])
            options += ["--legacy-secret-file", scratch["secret"], "--legacy-kid", kid]
        }
        if test.state != nil || test.stateAfter != nil {
            if let state = test.state { try copy(state, to: scratch["state"]) }
            options += ["--state", scratch["state"]]
        }
        return options
    }

    private static func token(_ name: String) throws -> String { String(try Fixture.text("offline/\(name)").dropLast()) }

    @Test func `every verdict of the pack comes out as it says`() async throws {
        #expect(Self.cases.count >= 140)
        for test in Self.cases {
            try await ScratchDirectory.with { scratch in
                let options = try Self.options(test, scratch)
                let run = try await Tool.run(["verify"] + options + [Self.token(test.token)])
                if test.verdict == "good" {
                    #expect(run.code == 0 && run.lines.count == 1, "\(test.name): \(run.errors)")
                } else {
                    #expect(run.code == 5 && run.output.isEmpty, "\(test.name): \(run.output)")
                    let last = run.errors.split(separator: "\n").last ?? ""
                    #expect(last.hasPrefix("latchkey: \(test.verdict): "), "\(test.name): \(run.errors)")
                }
                let remembered = try? scratch.read("state")
                if let after = test.stateAfter {
                    #expect(try remembered == Fixture.text("offline/\(after)"), "\(test.name)")
                } else if let before = test.state {
                    #expect(try remembered == Fixture.text("offline/\(before)"), "\(test.name): a refusal changed what was remembered")
                }
            }
        }
    }

    @Test func `a stream is answered line by line, in order, with the verdicts of the pack`() async throws {
        let plain = Self.cases.filter { test in
            test.bundle == "bundles/bundle-7.bundle" && test.anchor == "anchors/a.pem" && test.audience == "relayfile" && test.issuer == nil
                && test.scopes == nil && test.state == nil && test.legacySecret == nil
        }
        let tokens = try (0..<1500).map { index in try Self.token(plain[index * 7 % plain.count].token) }
        let run = try await Tool.run(
            [
                "verify", "--anchor", Self.path("anchors/a.pem"), "--bundle", Self.path("bundles/bundle-7.bundle"), "--audience",
                "relayfile", "-",
            ],
            input: tokens.joined(separator: "\n"))
        let lines = run.lines
        try #require(lines.count == tokens.count)
        for (index, line) in lines.enumerated() {
            let answer = try JSONDecoder().decode(Answer.self, from: Data(line.utf8))
            let verdict = plain[index * 7 % plain.count].verdict
            #expect((answer.reason ?? "good") == verdict && (answer.sub != nil) == (verdict == "good"), "line \(index + 1)")
        }
        let refused = (0..<1500).count { plain[$0 * 7 % plain.count].verdict != "good" }
        #expect(run.code == 5)
        #expect(run.errors.contains("latchkey: \(refused) of 1500 tokens are not good: "))
    }

    @Test func `a line is answered before the next one comes`() async throws {
        try await ScratchDirectory.with { scratch in
            let good = try Self.token("tokens/good.jwt")
            let bad = try Self.token("tokens/expired.jwt")
            try scratch.write("\(good)\n\(bad)\n", to: "tokens")
            // The second line is sent only when the first was answered; else nothing ends.
            let script = """
                cd "$1"; shift
                mkfifo in out
                "$0" "$@" < in > out &
                exec 3> in 4< out
                head -n 1 tokens >&3; read -r first <&4
                tail -n 1 tokens >&3; read -r second <&4
                exec 3>&-
                wait $!; printf '%s\\n%s\\n' "$first" "$second"
                """
            let run = try await Tool.run(
                [
                    scratch.path, "verify", "--anchor", Self.path("anchors/a.pem"), "--bundle", Self.path("bundles/bundle-7.bundle"), "-",
                ], shell: script)
            try #require(run.lines.count == 2, "\(run.errors)")
            #expect(run.lines[0].contains(#""sub":"#) && run.lines[1].contains(#""reason":"expired""#))
        }
    }

    @Test func `white space, empty lines and endless ones are answered, too`() async throws {
        let good = try Self.token("tokens/good.jwt")
        let endless = String(repeating: "A", count: 300_000)
        let run = try await Tool.run(
            ["verify", "--anchor", Self.path("anchors/a.pem"), "--bundle", Self.path("bundles/bundle-7.bundle"), "-"],
            input: "\(good)\r\n\n \t\(good) \n\(endless)\n\(good)\u{0}\n\(good)")
        let reasons = try run.lines.map { try JSONDecoder().decode(Answer.self, from: Data($0.utf8)).reason }
        #expect(reasons == [nil, "malformed", nil, "malformed", "malformed", nil])
        let none = try await Tool.run(
            ["verify", "--anchor", Self.path("anchors/a.pem"), "--bundle", Self.path("bundles/bundle-7.bundle"), "-"], input: "")
        #expect(none.code == 5 && none.output.isEmpty && none.errors.contains("latchkey: malformed: no token"))
    }

    @Test func `a line of several megabytes, longer than what is read at a time, hides nothing that comes after it`() async throws {
        let good = try Self.token("tokens/good.jwt")
        let revoked = try Self.token("tokens/revoked.jwt")
        let command = ["verify", "--anchor", Self.path("anchors/a.pem"), "--bundle", Self.path("bundles/bundle-7.bundle"), "-"]
        let endless = String(repeating: "A", count: 3_500_000)
        for (input, expected) in [
            ("\(endless)\n\(revoked)\n", ["malformed", "revoked"]), ("\(endless)\n\(endless)\n\(good)", ["malformed", "malformed", nil]),
            ("\(good)\n\(endless)\n\(revoked)\n\(good)\n", [nil, "malformed", "revoked", nil]), (endless, ["malformed"]),
        ] as [(String, [String?])] {
            let run = try await Tool.run(command, input: input)
            let reasons = try run.lines.map { try JSONDecoder().decode(Answer.self, from: Data($0.utf8)).reason }
            #expect(run.code == 5 && reasons == expected)
        }
    }

    @Test func `a million lines with nothing in them take no more memory than tokens do`() async throws {
        try await ScratchDirectory.with { scratch in
            try scratch.write(String(repeating: "\n", count: 1_000_000), to: "lines")
            // With the first answer, the first batch has been read and answered; then nobody reads on.
            let script = """
                cd "$1"; shift
                mkfifo out
                "$0" "$@" < lines > out &
                exec 4< out
                read -r first <&4
                printf '%s\\n' "$first"
                grep VmHWM "/proc/$!/status"
                exec 4<&-
                wait $! || true
                """
            let run = try await Tool.run(
                [
                    scratch.path, "verify", "--anchor", Self.path("anchors/a.pem"), "--bundle", Self.path("bundles/bundle-7.bundle"), "-",
                ], shell: script)
            try #require(run.lines.count == 2, "\(run.errors)")
            #expect(run.lines[0].contains(#""reason":"malformed""#))
            let kibibytes = Int(run.lines[1].filter(\.isNumber))
            #expect(try #require(kibibytes) < 150_000)
        }
    }

    @Test func `more lines than are taken at a time are answered each, in order, the last without its end`() async throws {
        let good = try Self.token("tokens/good.jwt")
        let input = String(repeating: "\n", count: 9000) + good + "\n" + String(repeating: "\n", count: 4095) + good
        let run = try await Tool.run(
            ["verify", "--anchor", Self.path("anchors/a.pem"), "--bundle", Self.path("bundles/bundle-7.bundle"), "-"], input: input)
        let isGood = run.lines.map { $0.contains(#""sub":"#) }
        #expect(isGood.count == 13_097 && isGood.indices.filter { isGood[$0] } == [9000, 13_096])
        #expect(run.code == 5 && run.errors.contains("latchkey: 13095 of 13097 tokens are not good: malformed 13095"))
    }

    @Test func `without a state it says what it can't promise`() async throws {
        let options = ["--anchor", Self.path("anchors/a.pem"), "--bundle", Self.path("bundles/bundle-6.bundle")]
        let token = try Self.token("tokens/good.jwt")
        let run = try await Tool.run(["verify"] + options + [token])
        #expect(run.code == 0)
        #expect(run.errors.hasPrefix("note: without --state an older bundle") && run.errors.contains("2096-01-02T00:00:00.000Z"))
        try await ScratchDirectory.with { scratch in
            let first = try await Tool.run(["verify"] + options + ["--state", scratch["state"], token])
            #expect(first.code == 0 && first.errors.hasPrefix("note: nothing was remembered in \(scratch["state"]) yet"))
            let quiet = try await Tool.run(["verify"] + options + ["--state", scratch["state"], token])
            #expect(quiet.code == 0 && quiet.errors.isEmpty)
            // Whoever removes the file is not unseen.
            try FileManager.default.removeItem(atPath: scratch["state"])
            let again = try await Tool.run(["verify"] + options + ["--state", scratch["state"], token])
            #expect(again.code == 0 && again.errors == first.errors)
        }
    }

    @Test func `what is verified with has to be said, and once`() async throws {
        let token = "x"
        let anchor = Self.path("anchors/a.pem")
        let bundle = Self.path("bundles/bundle-7.bundle")
        for options in [
            [], ["--anchor", anchor], ["--bundle", bundle], ["--anchor", anchor, "--bundle", bundle, "--jwks", "x"],
            ["--jwks", "x", "--state", "y"], ["--anchor", anchor, "--bundle", bundle, "--legacy-kid", "k"],
            ["--anchor", anchor, "--bundle", bundle, "--legacy-secret-file", "f"],
            ["--anchor", anchor, "--bundle", bundle, "--legacy-secret-file", "f", "--legacy-kid", "k", "--legacy-issuer", "i"],
            ["--jwks", "x", "--legacy-secret-file", "f", "--legacy-kid", "k"],
        ] {
            let run = try await Tool.run(["verify"] + options + [token])
            #expect(run.code == 2 && run.output.isEmpty, "\(options): \(run.errors)")
        }
    }

    @Test func `files that can't be read are a failure of another kind`() async throws {
        for (anchor, bundle) in [
            ("/missing/anchor", Self.path("bundles/bundle-7.bundle")), (Self.path("anchors/a.pem"), "/missing/bundle"),
        ] {
            let run = try await Tool.run(["verify", "--anchor", anchor, "--bundle", bundle, "x"])
            #expect(run.code == 1 && run.errors.contains("/missing/"))
        }
    }

    @Test func `files without an end are read up to their limit`() async throws {
        for (anchor, bundle, reason) in [
            ("/dev/zero", Self.path("bundles/bundle-7.bundle"), "anchor"), (Self.path("anchors/a.pem"), "/dev/zero", "bundle"),
        ] {
            let run = try await Tool.run(["verify", "--anchor", anchor, "--bundle", bundle, "x"])
            #expect(run.code == 5 && run.errors.contains("latchkey: \(reason): "), "\(run.errors)")
        }
    }

    @Test func `HS256 is verified with a secret that nobody else can read, and a JWKS needs its issuer, too`() async throws {
        try await ScratchDirectory.with { scratch in
            let token = try Self.token("tokens/legacy.jwt")
            let trust = ["verify", "--anchor", Self.path("anchors/a.pem"), "--bundle", Self.path("bundles/legacy.bundle")]
            let legacy = ["--legacy-secret-file", scratch["secret"], "--legacy-kid", "production-2024"]
            try Self.copy("legacy.secret", to: scratch["secret"])
            #expect(try await Tool.run(trust + legacy + [token]).code == 0)
            chmod(scratch["secret"], 0o640)
            let open = try await Tool.run(trust + legacy + [token])
            #expect(open.code == 1 && open.errors.contains("hint: chmod 600 "))
            chmod(scratch["secret"], 0o600)
            let keys = ["verify", "--jwks", Self.path("bundles/a-jwks.bundle")] + legacy
            #expect(try await Tool.run(keys + ["--legacy-issuer", "https://old.example", token]).code == 0)
            let other = try await Tool.run(keys + ["--legacy-issuer", "https://other.example", token])
            #expect(other.code == 5 && other.errors.contains("latchkey: issuer: "))
        }
    }
}
