import LatchkeyCrypto
import Testing

@Suite struct `Encodings` {
    struct Base64Case: Decodable { let bytes: Hex, text: String }
    struct Base64Refusals: Decodable { let refused: [String] }

    @Test(arguments: Fixture.cases("base64url.json") as [Base64Case]) func `base64url gives the published text and back`(_ row: Base64Case)
    {
        #expect(Base64URL.encode(row.bytes.bytes) == row.text)
        #expect(Base64URL.encode(row.bytes.bytes.span) == row.text)
        #expect(Base64URL.encode(Secret(copying: row.bytes.bytes)) == row.text)
        #expect(Base64URL.encoded(Secret(copying: row.bytes.bytes)).equals(Secret(copying: Array(row.text.utf8))))
        #expect(Base64URL.decode(row.text) == row.bytes.bytes)
        #expect(Base64URL.decode(Array(row.text.utf8)) == row.bytes.bytes)
        #expect(Base64URL.decode(Array(row.text.utf8).reversed().reversed() as [UInt8]) == row.bytes.bytes)
    }

    @Test func `base64url refuses every text that is not the only one for its bytes`() throws {
        for text in try Fixture.json("base64url.json", as: Base64Refusals.self).refused {
            #expect(Base64URL.decode(text) == nil, "\(text)")
        }
    }

    @Test func `base64url takes exactly the 64 digits`() {
        let digits = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
        for byte in UInt8.min...UInt8.max {
            for place in 0..<4 {
                var text = Array("AAAA".utf8)
                text[place] = byte
                #expect((Base64URL.decode(text) != nil) == digits.contains(byte))
            }
        }
    }

    @Test func `base64url gives back random bytes of every length`() throws {
        for count in 0..<200 {
            let bytes = try Random.bytes(count)
            #expect(Base64URL.decode(Base64URL.encode(bytes)) == bytes)
            #expect(Base64URL.decode(Base64URL.encode(bytes) + "=") == nil)
        }
    }

    @Test func `base64url decodes at most one text to the same bytes`() {
        // All texts of two and three characters whose last digit has unused bits.
        var seen: Set<[UInt8]> = []
        var count = 0
        for last in UInt8(0x2D)...0x7A {
            for prefix in ["A", "AA"] {
                guard let bytes = Base64URL.decode(Array(prefix.utf8) + [last]) else { continue }
                count += 1
                seen.insert(bytes)
            }
        }
        #expect(count == 4 + 16)
        #expect(seen.count == count)
    }

    struct Base62Case: Decodable { let bytes: Hex, width: Int, text: String }
    struct Base62Refusals: Decodable {
        struct Row: Decodable { let bytes: Hex, width: Int }
        let refused: [Row]
    }

    @Test(arguments: Fixture.cases("base62.json") as [Base62Case]) func `base62 gives the digits of the number`(_ row: Base62Case) throws {
        #expect(try Base62.encode(row.bytes.bytes, width: row.width) == Array(row.text.utf8))
        #expect(try Base62.encode(Secret(copying: row.bytes.bytes), width: row.width).copy == Array(row.text.utf8))
    }

    @Test func `base62 refuses a number that doesn't fit`() throws {
        for row in try Fixture.json("base62.json", as: Base62Refusals.self).refused {
            #expect(refusal { try Base62.encode(row.bytes.bytes, width: row.width) } == .invalidArgument)
            #expect(refusal { try Base62.encode(Secret(copying: row.bytes.bytes), width: row.width) } == .invalidArgument)
        }
    }

    struct CRCCase: Decodable { let message: Hex, value: UInt32 }

    @Test(arguments: Fixture.cases("crc-32.json") as [CRCCase]) func `CRC-32 gives the published value`(_ row: CRCCase) {
        #expect(CRC32.ieee(row.message.bytes) == row.value)
        #expect(CRC32.ieee(row.message.bytes.span) == row.value)
        #expect(CRC32.ieee(Secret(copying: row.message.bytes)) == row.value)
    }
}
