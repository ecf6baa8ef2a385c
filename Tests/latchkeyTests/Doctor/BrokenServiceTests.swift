import Glibc
import Testing

/// For each check of what the daemon says or serves an install in which that is broken, and nothing else.
@Suite(.timeLimit(.minutes(2))) struct BrokenServices {
    struct Case: CustomTestStringConvertible, Sendable {
        let check: String
        let verdict: String
        let from: String
        let to: String
        let words: String
        let mend: String

        init(_ check: String, _ verdict: String, _ from: String, _ to: String, _ words: String, _ mend: String) {
            (self.check, self.verdict, self.from, self.to, self.words, self.mend) = (check, verdict, from, to, words, mend)
        }

        var testDescription: String { "\(check): \(words)" }

        static let well = #":{"status":"healthy"}"#

        static func ill(_ name: String, _ level: String, _ detail: String) -> (String, String) {
            (#""\#(name)""# + well, #""\#(name)":{"status":"\#(level)","reason":"r","detail":"\#(detail)"}"#)
        }
    }

    /// What the status says, and what it says instead.
    static let cases: [Case] = {
        let (store, fullStore) = Case.ill("store", "degraded", "no write goes through")
        let (_, deadStore) = Case.ill("store", "unhealthy", "no read goes through")
        let (signing, noSigning) = Case.ill("signing", "degraded", "nothing can sign")
        let (ring, noRing) = Case.ill("keyRing", "degraded", "no rotation")
        let (seal, noSeal) = Case.ill("seal", "degraded", "it lies elsewhere")
        return [
            Case("version", "warning", #""version":"0.1.0""#, #""version":"9.9.9""#, "the daemon is 9.9.9", "stop the daemon, then: "),
            Case("store", "failed", store, fullStore, "no write goes through", "du -xh "),
            Case("store", "failed", store, deadStore, "no read goes through", "stop the daemon, then: latchkey fsck --state-dir "),
            Case("signing", "failed", signing, noSigning, "nothing can sign", "latchkey signing-keys explain"),
            Case("signing", "failed", ring, noRing, "no rotation", "latchkey signing-keys explain"),
            Case("master-key", "warning", seal, noSeal, "it lies elsewhere", "latchkey seal status"),
            Case(
                "courier", "warning", store, store + #","courier":{"status":"degraded","reason":"it sleeps"}"#, "it sleeps",
                "latchkey status"),
            Case("room", "failed", #""freeBytes":"#, #""freeBytes":7,"was":"#, "nothing is minted", "du -xh "),
            Case("room", "warning", #""freeBytes":"#, #""freeBytes":20000000,"was":"#, "only 20.0 MB free", "du -xh "),
            Case("room", "failed", #""largestBytes":"#, #""largestBytes":5,"was":"#, "nothing is minted", "du -xh "),
            Case(
                "clock", "failed", #""clock":{"reliable":true"#, #""clock":{"reliable":false,"problem":"it has been later here""#,
                "it has been later here", "set the host's clock right; when it is right as it is: latchkey clock accept"),
            Case(
                "clock", "failed", #""time":""#, #""time":"2020-01-01T00:00:00.000Z","was":""#, "2020-01-01T00:00:00.000Z to the daemon",
                "set "),
            Case(
                "cutover", "warning", #""signingKeys":"#,
                #""cutover":{"phase":"published","since":"2026-01-01T00:00:00.000Z"},"signingKeys":"#,
                "stands open at published since 2026-01-01T00:00:00.000Z: tokens are signed with the legacy secret",
                "latchkey cutover status"),
            Case(
                "backup", "warning", #""lastBackupAt":""#, #""lastBackupAt":"2020-01-01T00:00:00.000Z","was":""#,
                "the newest backup is of 2020-01-01T00:00:00.000Z", "latchkey backup create FILE"),
            Case(
                "certificate", "warning", #""listen":"http://127.0.0.1:"#, #""listen":"http://0.0.0.0:"#, "plain HTTP beyond this host",
                "latchkey serve --help"),
        ]
    }()

    @Test(arguments: cases) func `what the daemon says is told by one check`(_ one: Case) async throws {
        try await DoctorKit.with { daemon, _ in
            let answer = try await DoctorKit.examineOne(like: daemon, saying: (one.from, one.to))
            #expect(answer.speaking == DoctorKit.usual.union([one.check]), "\(answer.checks)")
            let found = try answer.check(one.check)
            #expect(found.verdict == one.verdict && found.finding.contains(one.words), "\(found)")
            #expect(found.mend?.hasPrefix(one.mend) == true)
        }
    }

    @Test func `a cutover that is over is no news`() async throws {
        try await DoctorKit.with { daemon, _ in
            let over = #""cutover":{"phase":"purged","since":"2026-01-01T00:00:00.000Z"},"signingKeys":"#
            let answer = try await DoctorKit.examineOne(like: daemon, saying: (#""signingKeys":"#, over))
            #expect(answer.speaking == DoctorKit.usual)
        }
    }

    @Test func `keys that end soon are told with the command that replaces the first`() async throws {
        try await DoctorKit.with { daemon, _ in
            for days in ["20d", "10d"] {
                let made = try await daemon.run(
                    "api-keys", "mint", "--name", "ends in \(days)", "--scope", "*", "--expires", days, "--print-key", "--json")
                #expect(made.code == 0, "\(made.errors)")
            }
            let first = try #require(try await daemon.keys().first { $0.name == "ends in 10d" })
            let answer = try await DoctorKit.examine(daemon)
            #expect(answer.speaking == DoctorKit.usual.union(["api-keys"]))
            let found = try answer.check("api-keys")
            #expect(found.finding.hasPrefix("2 API keys end within 30 days, the first: \(first.id) \"ends in 10d\" "))
            #expect(found.mend?.contains("--replaces \(first.id)") == true)
        }
    }

    @Test func `an install without a backup`() async throws {
        try await DoctorKit.with(hasBackup: false) { daemon, _ in
            let answer = try await DoctorKit.examine(daemon)
            #expect(answer.speaking == DoctorKit.usual.union(["backup"]))
        }
    }

    // MARK: What is served

    @Test func `a JWKS that is another one, or none, at the address of the verifiers`() async throws {
        try await DoctorKit.with { daemon, _ in
            let own = try await daemon.run("jwks").output
            let other = own.replacing(#""n":""#, with: #""n":"A"#)
            try #require(other != own)
            for (status, body, words) in [
                (200, other, "is not the JWKS of this daemon"), (200, "<html>", "can't be fetched"), (404, "{}", "can't be fetched"),
            ] {
                let fake = FakeDaemon { _ in FakeDaemon.json(status, body) }
                defer { fake.stop() }
                let answer = try await DoctorKit.examine(daemon, "--url", fake.url)
                #expect(answer.speaking == DoctorKit.usual.union(["jwks"]), "\(answer.checks)")
                let found = try answer.check("jwks")
                #expect(found.verdict == "failed" && found.finding.contains(words) && found.mend?.contains("curl -i \(fake.url)/") == true)
            }
            let good = FakeDaemon { _ in FakeDaemon.json(200, own) }
            defer { good.stop() }
            let answer = try await DoctorKit.examine(daemon, "--url", good.url)
            #expect(try answer.check("jwks").finding.hasPrefix("\(good.url) serves the 2 keys"))
            #expect(answer.speaking == DoctorKit.usual)
        }
    }

    @Test func `a key of the key ring that the JWKS lacks`() async throws {
        try await DoctorKit.with { daemon, _ in
            let lost =
                #""signingKeys":[{"keyId":"lost","algorithm":"RS256","bits":2048,"status":"grace","createdAt":"2026-01-01T00:00:00.000Z"},"#
            let answer = try await DoctorKit.examineOne(like: daemon, saying: (#""signingKeys":["#, lost))
            #expect(answer.speaking == DoctorKit.usual.union(["jwks"]))
            #expect(try answer.check("jwks").finding.contains("lacks lost "))
        }
    }

    @Test func `a certificate that does not hold yet is served, and its JWKS is looked at all the same`() async throws {
        for (name, speaking) in [("first", Set<String>()), ("early", ["certificate"])] {
            try await Self.with(name) { daemon, _ in
                #expect(daemon.url.hasPrefix("https://"))
                let answer = try await DoctorKit.examine(daemon)
                #expect(answer.speaking == DoctorKit.usual.union(speaking), "\(answer.checks)")
                let found = try answer.check("certificate")
                #expect(found.finding.contains(speaking.isEmpty ? "holds until 2060-01-01" : "does not hold before"))
                #expect(try answer.check("jwks").verdict == "ok")
            }
        }
    }

    @Test func `another certificate at the listener's address is not believed`() async throws {
        try await Self.with("first") { daemon, _ in
            let answer = try await DoctorKit.examineOne(like: daemon, saying: (#""sha256":""#, #""sha256":"00"#))
            #expect(answer.speaking == DoctorKit.usual.union(["jwks"]), "\(answer.checks)")
            #expect(try answer.check("jwks").finding.contains("no secure connection"))
        }
    }

    @Test func `a new pair that can't be served is told, and the old one is looked at`() async throws {
        try await Self.with("first") { daemon, place in
            try Self.put(try Fixture.text("tls/second.key"), at: place["tls.key"])
            kill(daemon.pid, SIGHUP)
            var answer = try await DoctorKit.examine(daemon)
            while answer.speaking == DoctorKit.usual { answer = try await DoctorKit.examine(daemon) }
            #expect(answer.speaking == DoctorKit.usual.union(["certificate"]))
            let found = try answer.check("certificate")
            #expect(found.verdict == "warning" && found.finding.contains("does not belong"))
        }
    }

    @Test func `a certificate of a daemon that is stopped is looked at as the next start would`() async throws {
        try await ScratchDirectory.with { scratch in
            let other = scratch["other"]
            _ = try await DaemonProcess.with(stateDirectory: other) { $0.pid }
            for (name, verdict) in [("first", "ok"), ("early", "failed")] {
                try scratch.write(
                    "TLS_CERTIFICATE_FILE=\(Fixture.path("tls/\(name).pem"))\nTLS_KEY_FILE=\(scratch["\(name).key"])\n", to: "tls.conf")
                try Self.put(try Fixture.text("tls/\(name).key"), at: scratch["\(name).key"])
                let answer = try await DoctorKit.examine(["--state-dir", other, "--config", scratch["tls.conf"]])
                #expect(try answer.check("certificate").verdict == verdict)
            }
            unlink(scratch["early.key"])
            let answer = try await DoctorKit.examine(["--state-dir", other, "--config", scratch["tls.conf"]])
            let found = try answer.check("certificate")
            #expect(found.verdict == "failed" && found.finding.contains(scratch["early.key"]))
        }
    }

    /// A daemon with a pair of the fixtures, whose key is closed to others.
    private static func with(
        _ name: String, _ body: @Sendable (DaemonProcess, ScratchDirectory) async throws -> Void
    ) async throws {
        try await ScratchDirectory.with { place in
            for kind in ["pem", "key"] { try put(try Fixture.text("tls/\(name).\(kind)"), at: place["tls.\(kind)"]) }
            let options = ["--tls-certificate-file", place["tls.pem"], "--tls-key-file", place["tls.key"]]
            try await DoctorKit.with(options: options) { daemon, _ in try await body(daemon, place) }
        }
    }

    private struct NotPut: Error {}

    /// As an operator would: closed to others, and in its place at once.
    private static func put(_ text: String, at path: String) throws {
        let descriptor = open(path + ".new", O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        defer { close(descriptor) }
        let bytes = Array(text.utf8)
        guard write(descriptor, bytes, bytes.count) == bytes.count, rename(path + ".new", path) == 0 else { throw NotPut() }
    }
}
