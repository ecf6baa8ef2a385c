@testable import LatchkeyServer
import Testing

@Suite("A query")
struct QueryTests {
    @Test(
        "gives the value of a name, decoded",
        arguments: [
            ("a=1", "1"), ("b=2&a=1", "1"), ("a=", ""), ("a", ""), ("a=b=c", "b=c"), ("a=b+c", "b c"), ("a=b%20c", "b c"),
            ("a=%2B", "+"),
            ("%61=1", "1"), ("a=%C3%A9", "é"), ("a=é", "é"), ("&&a=1&&", "1"), ("a=%00", "\u{0}"), ("A=1", nil), ("aa=1", nil), ("", nil),
            ("=1", nil), ("b=%zz&a=1", "1"),
            ("%zz=1&a=2", "2"),
        ] as [(String, String?)])
    func value(_ text: String, _ expected: String?) throws { #expect(try Query(text)["a"] == expected) }

    @Test("refuses a broken value with its name", arguments: ["a=%", "a=%4", "a=%zz", "a=%ff", "a=%C3", "a=x%"])
    func broken(_ text: String) {
        let error = #expect(throws: APIError.self) { try Query(text)["a"] }
        #expect(error?.field == "a" && error?.code == .invalidRequest)
    }

    @Test("refuses a name that comes twice, however it is spelled", arguments: ["a=1&a=2", "a=1&a=1", "a&a", "a=1&b=2&%61=3"])
    func twice(_ text: String) throws {
        let error = #expect(throws: APIError.self) { try Query(text)["a"] }
        #expect(error?.field == "a" && error?.code == .invalidRequest)
        #expect(try Query(text + "&c=7")["c"] == "7")
    }

    @Test("that is not there has no value")
    func absent() throws { #expect(try Query(nil)["a"] == nil) }
}

@Suite("Percent-encoding")
struct PercentCodingTests {
    @Test(
        "is decoded whole or not at all",
        arguments: [
            ("abc", "abc"), ("%41%42", "AB"), ("%e2%82%ac", "€"), ("%E2%82%AC", "€"), ("", ""), ("+", "+"), ("%25", "%"), ("%2541", "%41"),
            ("%", nil), ("%1", nil),
            ("%1g", nil), ("a%", nil), ("%c0%af", nil), ("%ed%a0%80", nil), ("%f5%80%80%80", nil), ("%-1", nil), ("% 1", nil),
        ] as [(String, String?)])
    func decoded(_ text: String, _ expected: String?) { #expect(PercentCoding.decoded(text.utf8) == expected) }
}
