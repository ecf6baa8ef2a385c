import FoundationEssentials
import LatchkeyVerifier
import Testing

@Suite("The JSON writer")
struct JSONWriterTests {
    private func written(_ body: (inout JSONWriter) -> Void) -> String {
        var writer = JSONWriter(capacity: 8)
        body(&writer)
        return text(writer.bytes)
    }

    @Test("puts commas between members and elements, and nowhere else")
    func commas() {
        let json = written { writer in
            writer.object { writer in
                writer.member("a", "x")
                writer.key("empty")
                writer.object { _ in }
                writer.key("none")
                writer.array { _ in }
                writer.key("list")
                writer.array { writer in
                    writer.integer(-1)
                    writer.object { $0.member("b", true) }
                    writer.array { $0.null() }
                    writer.raw(Array("{}".utf8))
                }
                writer.member("c", Int64.min)
                writer.member("d", ["p", "q"])
            }
        }
        #expect(json == #"{"a":"x","empty":{},"none":[],"list":[-1,{"b":true},[null],{}],"c":-9223372036854775808,"d":["p","q"]}"#)
    }

    @Test("leaves absent members out")
    func absent() {
        let json = written { writer in
            writer.object { writer in
                writer.member("a", ifPresent: nil as String?)
                writer.member("b", ifPresent: nil as Timestamp?)
                writer.member("c", ifPresent: "here")
                writer.member("d", ifPresent: TokenDraft.now)
            }
        }
        #expect(json == #"{"c":"here","d":"2026-03-01T12:00:00.000Z"}"#)
    }

    @Test(
        "escapes what RFC 8259 section 7 says must be",
        arguments: [
            ("plain", "plain"), ("", ""), ("a\"b", #"a\"b"#), (#"a\b"#, #"a\\b"#), ("\n\r\t", #"\n\r\t"#),
            ("\u{0}\u{1f}", #"\u0000\u001f"#),
            ("\u{8}\u{c}", #"\u0008\u000c"#), ("\"", #"\""#), ("\\\\", #"\\\\"#), ("é😀\u{7f}", "é😀\u{7f}"), ("</script>", "</script>"),
        ])
    func escapes(_ value: String, _ expected: String) {
        #expect(written { $0.string(value) } == "\"\(expected)\"")
    }

    @Test("writes every scalar below U+0100 so that it reads back as itself, also as a name")
    func readsBack() throws {
        for value in 0..<UInt32(0x100) {
            let original = "x\(Unicode.Scalar(value)!)y"
            let json = written { writer in
                writer.object { writer in
                    writer.key(escaping: original)
                    writer.string(original)
                }
            }
            #expect(try JSONDecoder().decode([String: String].self, from: Data(json.utf8)) == [original: original])
        }
    }

    @Test("writes pairs in the order of their names' bytes, whatever order they come in")
    func pairs() {
        let expected = #"{"m":{"B":"1","a":"2","aa":"3","é":"4"}}"#
        for _ in 0..<8 {
            let pairs = Dictionary(uniqueKeysWithValues: [("é", "4"), ("a", "2"), ("B", "1"), ("aa", "3")].shuffled())
            #expect(written { writer in writer.object { $0.member("m", pairs) } } == expected)
        }
    }

    @Test("holds nothing of a secret once wiped")
    func wiped() {
        var writer = JSONWriter()
        writer.ascii(Array("lk_secret".utf8).span)
        #expect(text(writer.bytes) == #""lk_secret""#)
        writer.wipe()
        #expect(writer.bytes.allSatisfy { $0 == 0 })
    }
}
