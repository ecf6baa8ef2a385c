import FoundationEssentials
@testable import LatchkeyAuthority
import LatchkeyCrypto
import Testing

/// The rules that are delivered for gitleaks find what they should. They are written in what RE2 and Swift's expressions have in common.
@Suite struct GitleaksRulesTests {
    private static let file = "/" + #filePath.split(separator: "/").dropLast(4).joined(separator: "/") + "/packaging/gitleaks.toml"

    private struct Rule {
        let regex: Regex<AnyRegexOutput>
        let keyword: String
    }

    private static func rules() throws -> [Rule] {
        let lines = String(decoding: try Data(contentsOf: URL(filePath: file)), as: UTF8.self).split(separator: "\n")
        let patterns = lines.filter { $0.hasPrefix("regex = '''") }.map { $0.dropFirst("regex = '''".count).dropLast(3) }
        let keywords = lines.filter { $0.hasPrefix("keywords = [\"") }.map { $0.dropFirst("keywords = [\"".count).dropLast(2) }
        try #require(patterns.count == 2 && keywords.count == 2)
        return try zip(patterns, keywords).map { pattern, keyword in
            // In RE2 a word ends where letters, digits and underscores do, not where Unicode would have it.
            let regex = try Regex(String(pattern)).wordBoundaryKind(.simple)
            return Rule(regex: regex, keyword: String(keyword))
        }
    }

    /// What the rules take for secrets: their first group.
    private static func found(in text: String, by rules: [Rule]) -> [String] {
        rules.filter { text.contains($0.keyword) }.flatMap { rule in
            text.matches(of: rule.regex).compactMap { match in match.output[1].substring.map(String.init) }
        }
    }

    private static func text(_ secret: Secret) -> String {
        secret.withBytes { span in String(decoding: span.indices.map { span[$0] }, as: UTF8.self) }
    }

    @Test func `every secret is found, whatever is usual stands round it`() throws {
        let rules = try Self.rules()
        let around = [
            ("", ""), ("key=", "\n"), ("\"", "\""), ("\\n", "\\n"), ("%3D", "&x"), ("x-api-key: ", "\r\n"), ("https://u:", "@host"),
            ("(", ")"), ("\\u003d", "\\u0026"), ("\u{1B}[32m", "\u{1B}[0m"), ("-", "-x"), ("KEY=", ";"),
        ]
        for count in 0..<400 {
            let (before, after) = around[count % around.count]
            for secret in [Self.text(try APIKeySecret.make().text), Self.text(try RefreshSecret.make().text)] {
                #expect(Self.found(in: before + secret + after, by: rules) == [secret])
            }
        }
    }

    @Test func `in a list no secret hides its neighbour`() throws {
        let rules = try Self.rules()
        let keys = try (0..<20).map { _ in Self.text(try APIKeySecret.make().text) }
        for separator in ["\n", " ", ",", "\",\"", "\t"] { #expect(Self.found(in: keys.joined(separator: separator), by: rules) == keys) }
    }

    @Test func `what is longer, shorter, too great or part of another word is none`() throws {
        let rules = try Self.rules()
        let key = Self.text(try APIKeySecret.make().text)
        for text in [
            key + "a", String(key.dropLast()), "a" + key, "_" + key, key + "_", key.replacing("lk_", with: "lk-"), "LK_" + key.dropFirst(3),
            "lk_z" + key.dropFirst(4), key.dropLast(6) + "500000", key.dropLast(6) + "4h0000",
        ] {
            #expect(Self.found(in: text, by: rules).isEmpty)
        }
    }

    @Test func `the greatest secret and the greatest checksum are found`() throws {
        let rules = try Self.rules()
        // 2^256 - 1 and 2^32 - 1 in base62.
        let text = "lk_yhjskwdA6OZ1AL1YmHWZWm8LLG7HjnuCA2j5rOw8Xp14gfFC3"
        #expect(Self.found(in: text, by: rules) == [text])
    }

    @Test func `no token of ours and no base64url is taken for a secret`() throws {
        let rules = try Self.rules()
        for _ in 0..<200 { #expect(Self.found(in: Base64URL.encode(try Random.bytes(3000)), by: rules).isEmpty) }
    }
}
