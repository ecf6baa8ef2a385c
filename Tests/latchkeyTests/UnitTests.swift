import LatchkeyCrypto
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
