import LatchkeyCrypto
import LatchkeyVerifier
import Testing

@testable import latchkey

@Suite struct ShownText {
    @Test(arguments: [
        ("plain ünï 日本", "plain ünï 日本"), ("a\tb\n", "a\\u{9}b\\u{A}"), ("\u{1B}[2J", "\\u{1B}[2J"), ("\u{9B}2J", "\\u{9B}2J"),
        ("a\u{202E}b\u{200B}c\u{2028}", "a\\u{202E}b\\u{200B}c\\u{2028}"), ("\u{E0041}", "\\u{E0041}"), ("\u{7F}", "\\u{7F}"),
    ])
    func `what could act on a terminal is written out`(text: String, shown: String) { #expect(Shown.text(text) == shown) }

    @Test(arguments: [
        ("{\"a\":\"ü\"}", "{\"a\":\"ü\"}"), ("{\"a\":\"\u{202E}\"}", "{\"a\":\"\\u202e\"}"), ("\"\u{E0041}\"", "\"\\udb40\\udc41\""),
        ("{\n}", "{\n}"),
    ])
    func `JSON stays the same value`(text: String, shown: String) {
        #expect(String(decoding: Shown.json(Array(text.utf8)), as: UTF8.self) == shown)
    }
}

@Suite struct JSONAnswers {
    private func value(_ text: String) throws -> JSONValue { try JSONDocument(Array(text.utf8)).root }

    @Test func `values are found, and their text is the daemon's own`() throws {
        let root = try value(#" {"a" : [1, {"b":"x\"\\\u00e9"}], "c":null,"d":true, "\u0065":-2} "#)
        #expect(root["a"]?.elements?[0].integer == 1)
        #expect(root["a"]?.elements?[1]["b"]?.text == "x\"\\é")
        #expect(root["a"].map { String(decoding: $0.raw, as: UTF8.self) } == #"[1, {"b":"x\"\\\u00e9"}]"#)
        #expect(root["c"]?.isNull == true && root["d"]?.bool == true && root["e"]?.integer == -2)
        #expect(root["missing"] == nil && root["c"]?.text == nil && root["d"]?.elements == nil)
        #expect(root.members?.map(\.name) == ["a", "c", "d", "e"])
    }

    @Test func `a secret is taken out as bytes, and can be wiped where it was`() throws {
        let document = try JSONDocument(Array(#"{"key":"lk_abc","odd":"a\u0062","empty":""}"#.utf8))
        let secret = try #require(document.root["key"]?.secret)
        document.wipe()
        #expect(secret.withBytes { $0.count } == 6)
        #expect(document.root.raw.allSatisfy { $0 == 0 })
        let odd = try JSONDocument(Array(#"{"odd":"a\u0062","empty":"","number":1}"#.utf8)).root
        #expect(odd["odd"]?.secret == nil && odd["empty"]?.secret == nil && odd["number"]?.secret == nil)
    }

    @Test(arguments: [
        "", "{", "}", "[1", "[1,]", "{\"a\"}", "{\"a\":}", "{a:1}", "\"x", "\"x\\", "{} {}", "<html>",
        String(repeating: "[", count: 100_000),
    ])
    func `what is no JSON is refused`(text: String) { #expect(throws: CommandFailure.self) { try value(text) } }
}

@Suite struct Spans {
    @Test(arguments: ["", "d", "90", "-1d", "+1d", "1.5h", "0s", "99999999999999999999d", "101w ", "40000d", "2030-01-01", "soon"])
    func `a span that is none is refused`(text: String) { #expect(Expiry(argument: text) == nil) }

    @Test(arguments: [("45s", 45), ("30m", 1800), ("12h", 43_200), ("90d", 7_776_000), ("2w", 1_209_600)])
    func `a span has a unit`(text: String, seconds: Int64) {
        guard case .after(seconds)? = Expiry(argument: text) else {
            Issue.record("\(text) is \(seconds) s")
            return
        }
    }
}

@Suite struct Paths {
    @Test func `text is one segment, whatever it holds`() {
        #expect(PathText.encoded("ak_01-~") == "ak_01-~")
        #expect(PathText.encoded("../a?b#c%é") == "%2E%2E%2Fa%3Fb%23c%25%C3%A9")
    }
}

@Suite struct EntryCounts {
    @Test(arguments: [1, 2, 5, 1000]) func `entries are counted wherever the bytes are cut`(cut: Int) {
        let exports: [(ExportFormat, String)] = [
            (.json, #"[{"a":"}{\"","metadata":{"b":"]"}},{"a":1}]"#), (.csv, "seq,id\n1,\"a\nb\"\"\n\"\n2,c\n"),
        ]
        for (format, text) in exports {
            var counter = EntryCounter(format)
            let bytes = Array(text.utf8)
            for start in stride(from: 0, to: bytes.count, by: cut) { counter.add(Array(bytes[start..<min(start + cut, bytes.count)])) }
            #expect(counter.count == 2)
        }
    }
}

@Suite struct Verdicts {
    @Test(arguments: [nil, "", "denied", "ALLOWED", " allowed", "allowed\n", "allowed,denied", "a\u{301}llowed", "allow", "true"])
    func `nothing but the word itself is allowed`(result: String?) {
        let verdict = Verdict(result)
        #expect(!verdict.isAllowed && verdict.text == "✗ denied" && verdict.colour == .red)
    }

    @Test func `the words that there are`() {
        #expect(Verdict("allowed").text == "✓ allowed" && Verdict("error").text == "✗ error")
    }
}

@Suite struct PastMoments {
    @Test func `a span goes back, a moment stays`() throws {
        let now = try #require(Expiry(argument: "2026-11-21T12:00:00Z")).moment(from: .init(seconds: 0))
        #expect(try #require(PastMoment(argument: "24h")).moment(before: now).description == "2026-11-20T12:00:00.000Z")
        #expect(try #require(PastMoment(argument: "2026-01-01T00:00:00Z")).moment(before: now).description == "2026-01-01T00:00:00.000Z")
        for text in ["", "yesterday", "24", "-24h"] { #expect(PastMoment(argument: text) == nil) }
    }

    @Test func `a lifetime is seconds, or has a unit`() {
        #expect(Lifetime(argument: "90")?.seconds == 90 && Lifetime(argument: "2h")?.seconds == 7200)
        for text in ["", "0", "-1", "1.5", "h", "2y"] { #expect(Lifetime(argument: text) == nil) }
    }
}

@Suite struct Addresses {
    @Test(arguments: [
        "http://127.0.0.1", "http://127.9.9.9:80/", "http://localhost:8787", "HTTP://LOCALHOST", "http://[::1]:8787",
    ])
    func `what stays on this host is loopback`(text: String) { #expect(DaemonURL(text)?.isLoopback == true) }

    @Test(arguments: [
        "http://127.0.0.1.example", "http://localhost.example", "http://0.0.0.0", "http://[::]", "http://128.0.0.1", "http://keys",
        "http://[::ffff:10.0.0.1]", "http://2130706433",
    ])
    func `anything else is not`(text: String) { #expect(DaemonURL(text)?.isLoopback == false) }

    @Test(arguments: [
        "", "localhost:8787", "ftp://x", "http://", "https:///x", "http://user@x", "http://user:password@x", "http://x?a=b", "http://x#y",
        "http://x y", "http://x:0", "http://x:99999", "http://x\\@y", "unix:///run/x", "http://ü",
    ])
    func `what is no address is refused`(text: String) { #expect(DaemonURL(text) == nil) }

    @Test func `a path goes in front of every route`() {
        #expect(DaemonURL("https://x:1/keys//")?.text == "https://x:1/keys")
        #expect(DaemonURL("https://x")?.isPlain == false && DaemonURL("http://x")?.isPlain == true)
    }
}
