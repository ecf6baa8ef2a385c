@testable import LatchkeyVerifier
import Testing

@Suite("The canonical reader")
struct CanonicalReaderTests {
    private func reads<R>(_ text: String, _ body: (inout CanonicalReader) throws -> R) -> R? {
        var reader = CanonicalReader(Array(text.utf8))
        guard let result = try? body(&reader), (try? reader.end()) != nil else { return nil }
        return result
    }

    @Test("reads what the writer writes, whatever the text")
    func strings() {
        var all = ""
        for value in UInt32(0)...0x1FFF { if let scalar = Unicode.Scalar(value) { all.unicodeScalars.append(scalar) } }
        for string in ["", "\"", "\\", "/", "\u{7F}\u{80}", "\u{1F600}", all] {
            var writer = JSONWriter()
            writer.string(string)
            #expect(reads(text(writer.bytes)) { try $0.string() } == string)
        }
    }

    @Test(
        "takes no other spelling of a string",
        arguments: [
            #""\/""#, #""\b""#, #""\f""#, #""\u0041""#, #""\u000A""#, #""\u001F""#, #""\u00""#, #""\ud83d\ude00""#, "\"\n\"", "\"\t\"",
            "\"", "",
            #""a" "#, #" "a""#, "'a'", "a", #""a"b"#, #""\""#,
        ])
    func otherStrings(_ text: String) {
        #expect(reads(text) { try $0.string() } == nil)
    }

    @Test("reads whole numbers within bounds, in one spelling")
    func numbers() {
        for value: Int64 in [0, 1, 9, 10, 1_767_229_200_000, (1 << 53) - 1] {
            #expect(reads("\(value)") { try $0.integer(in: 0...((1 << 53) - 1)) } == value)
        }
        for other in [
            "", "-1", "-0", "00", "01", "+1", "1.0", "1e0", "1E2", " 1", "1 ", "0x1", "9007199254740992", "99999999999999999999", "\"1\"",
            "١",
        ] {
            #expect(reads(other) { try $0.integer(in: 0...((1 << 53) - 1)) } == nil, "\(other)")
        }
        #expect(reads("5") { try $0.integer(in: 6...7) } == nil)
    }

    @Test("reads members in the order in which they are asked for, and no others")
    func objects() {
        func pair(_ text: String) -> [Int64]? {
            reads(text) { reader in
                try reader.object { reader in
                    try reader.key("a")
                    let a = try reader.integer(in: 0...9)
                    try reader.key("b")
                    return [a, try reader.integer(in: 0...9)]
                }
            }
        }
        #expect(pair(#"{"a":1,"b":2}"#) == [1, 2])
        for other in [
            #"{"b":2,"a":1}"#, #"{"a":1}"#, #"{"a":1,"b":2,"c":3}"#, #"{"a":1,"a":1,"b":2}"#, #"{"a":1 ,"b":2}"#, #"{"a":1,,"b":2}"#,
            #"{"a":1"b":2}"#, #"{"a":1,"b":2"#, #"{"a":1,"b":2,}"#, #"{"a":1,"b":2}}"#, #"{,"a":1,"b":2}"#, #"{"\u0061":1,"b":2}"#, "[]",
            "",
        ] {
            #expect(pair(other) == nil, "\(other)")
        }
    }

    @Test("reads lists up to their limit")
    func lists() {
        func list(_ text: String) -> [Int64]? {
            reads(text) { reader in
                var values: [Int64] = []
                try reader.array(upTo: 3) { values.append(try $0.integer(in: 0...9)) }
                return values
            }
        }
        #expect(list("[]") == [] && list("[1]") == [1] && list("[1,2,3]") == [1, 2, 3])
        for other in ["[1,2,3,4]", "[1,]", "[,1]", "[1 2]", "[1", "1", "[[1]]", "[1]]", ""] { #expect(list(other) == nil, "\(other)") }
    }

    @Test("reads moments in UTC with milliseconds alone")
    func moments() {
        #expect(reads(#""2026-03-01T12:00:00.000Z""#) { try $0.timestamp() } == TokenDraft.now)
        for other in [
            "2026-03-01T12:00:00Z", "2026-03-01t12:00:00.000z", "2026-03-01T13:00:00.000+01:00", "2026-03-01T12:00:00.0000Z", "x", "",
        ] {
            #expect(reads("\"\(other)\"") { try $0.timestamp() } == nil, "\(other)")
        }
    }

    @Test("says where it stopped, and what belongs there")
    func place() {
        var reader = CanonicalReader(Array(#"{"a":x}"#.utf8))
        let error = #expect(throws: CanonicalReader.Mismatch.self) {
            try reader.object { reader in
                try reader.key("a")
                return try reader.integer(in: 1...7)
            }
        }
        #expect(error?.place == "at byte 6, where a whole number from 1 to 7 belongs")
    }
}
