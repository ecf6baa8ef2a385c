import LatchkeyCrypto
import Testing

/// The secret of an old issuer on its way in.
@Suite(.timeLimit(.minutes(1))) struct LegacySecrets {
    private static let command = [
        "cutover", "import-secret", "--kid", "production", "--issuer", "https://old.example", "--max-ttl", "1h", "--issued-until",
        "2026-12-01T00:00:00Z",
    ]
    private static let answer =
        #"{"phase":"legacy","since":"T","kid":"production","signs":"HS256","verifies":["HS256","RS256"],"verifiers":[]}"#

    private func body(_ secret: String) -> String {
        #"POST /v1/admin/cutover/legacy-secret {"kid":"production","issuer":"https://old.example","maxTTL":3600,"issuedUntil":"2026-12-01T00:00:00.000Z","secret":"\#(Base64URL.encode(Array(secret.utf8)))"}"#
    }

    @Test(arguments: [
        ("sixteen bytes at least", "sixteen bytes at least"), ("one end of line is dropped\n", "one end of line is dropped"),
        ("also that of other systems\r\n", "also that of other systems"), ("but only one\n\n", "but only one\n"),
        (" and no other space ", " and no other space "),
        ("\u{0}\u{1}\"\\ünï", "\u{0}\u{1}\"\\ünï"),
        (String(repeating: "x", count: 1024) + "\n", String(repeating: "x", count: 1024)),
    ])
    func `its bytes are sent as they came, without one end of line`(input: String, secret: String) async throws {
        let run = try await FakeRun.of(Self.command, input: input) { _ in (201, Self.answer) }
        #expect(run.run.code == 0 && run.asked == [body(secret)], "\(run.run.errors)")
        #expect(
            run.run.output.hasPrefix("phase\tlegacy\n") && run.run.errors.hasPrefix("a secret of \(secret.utf8.count) bytes was taken in"))
        #expect(run.run.output.contains("next\tsee what the next step needs: latchkey cutover advance --dry-run\n"))
    }

    @Test(arguments: [
        (400, #"{"message":"no","code":"invalid_request","field":"secret"}"#), (500, "<html>"), (201, "<html>"), (201, answer),
    ])
    func `it is printed nowhere, however the daemon answers`(status: Int, answer: String) async throws {
        let secret = "the very secret of production"
        for arguments in [Self.command, Self.command + ["--json"]] {
            let run = try await FakeRun.of(arguments, input: secret) { _ in (status, answer) }
            for text in [secret, Base64URL.encode(Array(secret.utf8)), "7468652076657279"] {
                #expect(!run.run.output.contains(text) && !run.run.errors.contains(text))
            }
            #expect((run.run.code == 0) == (answer == Self.answer))
        }
    }

    @Test(arguments: ["", "\n", String(repeating: "x", count: 1025), String(repeating: "x", count: 5000)])
    func `nothing, or too much, is not sent`(input: String) async throws {
        let run = try await FakeRun.of(Self.command, input: input) { _ in (201, Self.answer) }
        #expect(run.run.code == 1 && run.asked.isEmpty && !run.run.errors.contains("xxx"))
    }

    @Test func `it is not typed`() async throws {
        let run = try await FakeRun.of(Self.command, typing: "x") { _ in (201, Self.answer) }
        #expect(run.run.code == 2 && run.asked.isEmpty && run.run.output.contains("a secret is not typed"))
    }

    @Test func `an end may be a span from now`() async throws {
        let run = try await FakeRun.of(Array(Self.command.dropLast()) + ["30m"], input: "a secret of production") { _ in (201, Self.answer)
        }
        #expect(run.run.code == 0 && run.asked[0].contains(#""issuedUntil":"20"#))
    }
}
