import LatchkeyCrypto
import Testing

@Suite struct `Compact tokens` {
    struct Refusal: Decodable { let name: String, token: String }
    struct Accepted: Decodable { let name: String, token: String, alg: String, typ: String?, kid: String? }

    @Test(arguments: Fixture.cases("jws-refusals.json") as [Refusal]) func `A token is refused`(_ row: Refusal) {
        #expect(refusal { try CompactJWS(parsing: row.token) } == .malformedToken, "\(row.name)")
        #expect(refusal { try CompactJWS(parsing: Array(row.token.utf8)) } == .malformedToken, "\(row.name)")
    }

    @Test(arguments: Fixture.cases("jws-accepted.json") as [Accepted]) func `A header is read`(_ row: Accepted) throws {
        let token = try CompactJWS(parsing: row.token)
        #expect(token.header.alg == row.alg && token.header.typ == row.typ && token.header.kid == row.kid, "\(row.name)")
        #expect(CompactJWS.assemble(signingInput: token.signingInput, signature: token.signature) == row.token)
    }

    @Test func `The parts are what was put in`() throws {
        let header = Array(#"{"alg":"RS256","kid":"k"}"#.utf8)
        let payload = try Random.bytes(100)
        let signature = try Random.bytes(256)
        let input = CompactJWS.signingInput(header: header, payload: payload)
        let token = try CompactJWS(parsing: CompactJWS.assemble(signingInput: input, signature: signature))
        #expect(token.payload == payload && token.signature == signature && token.signingInput == input)
        #expect(token.header.alg == "RS256" && token.header.kid == "k" && token.header.typ == nil && token.header.cty == nil)
    }

    @Test func `A token has at most 16 KiB`() throws {
        let header = Array(#"{"alg":"RS256"}"#.utf8)
        let frame = 20 + 2 + 683
        func token(_ size: Int) -> String {
            let payload = String(repeating: "A", count: size - frame)
            return Base64URL.encode(header) + "." + payload + "." + String(repeating: "A", count: 683)
        }
        // 683 characters are 512 bytes and 1 is no length that base64url has, so the sizes are chosen to fit.
        #expect(token(16_383).utf8.count == 16_383)
        #expect(refusal { try CompactJWS(parsing: token(16_383)) } == nil)
        #expect(refusal { try CompactJWS(parsing: token(16_385)) } == .malformedToken)
        #expect(refusal { try CompactJWS(parsing: Array(token(16_385).utf8)) } == .malformedToken)
        #expect(refusal { try CompactJWS(parsing: token(400_001)) } == .malformedToken)
    }

    @Test func `No mutation of one byte keeps a good signature good`() throws {
        let key = try Fixture.rsa2048()
        let input = CompactJWS.signingInput(header: Array(#"{"alg":"RS256"}"#.utf8), payload: Array(#"{"sub":"x"}"#.utf8))
        let good = Array(CompactJWS.assemble(signingInput: input, signature: try key.sign(input)).utf8)
        for index in good.indices {
            for byte in [good[index] ^ 1, UInt8(ascii: "."), UInt8(ascii: "A"), 0] where byte != good[index] {
                var changed = good
                changed[index] = byte
                guard let token = try? CompactJWS(parsing: changed) else { continue }
                #expect(!key.publicKey.verify(token.signature, of: token.signingInput))
            }
        }
    }
}

@Suite struct `The JSON reader` {
    @Test func `gives every member with its kind`() throws {
        var seen: [String: JSONObjectReader.Value] = [:]
        try JSONObjectReader.read(Array(#" {"s":"a\u00e9","t":true,"f":false,"n":null,"i":-12.5E+3,"a":[1,{}],"o":{"s":"inner"}} "#.utf8)) {
            seen[$0] = $1
        }
        #expect(
            seen == [
                "s": .string("a\u{e9}"), "t": .boolean(true), "f": .boolean(false), "n": .null, "i": .number("-12.5E+3"), "a": .array,
                "o": .object,
            ])
    }

    @Test func `tells names apart by their bytes`() throws {
        var count = 0
        try JSONObjectReader.read(Array("{\"\u{e9}\":1,\"e\u{301}\":2,\"K\":3,\"\u{212a}\":4}".utf8)) { _, _ in count += 1 }
        #expect(count == 4)
    }

    @Test func `passes on what its caller throws`() {
        #expect(
            refusal {
                try JSONObjectReader.read(Array("{\"a\":1}".utf8)) { (_, _) throws(CryptoError) in throw CryptoError(.invalidArgument, "no")
                }
            } == .invalidArgument)
    }

    @Test func `survives every prefix and random change of an object`() throws {
        let text = Array(#"{"a":"\ud83d\ude00","b":[1,2.5e-3,{"c":null}],"d":{"e":true}}"#.utf8)
        for count in 0..<text.count {
            #expect(refusal { try JSONObjectReader.read(Array(text.prefix(count))) { _, _ in } } == .malformedJSON)
        }
        for _ in 0..<20_000 {
            var changed = text
            let random = try Random.bytes(4)
            changed[Int(random[0]) % text.count] = random[1]
            changed[Int(random[2]) % text.count] = random[3]
            let code = refusal { try JSONObjectReader.read(changed) { _, _ in } }
            #expect(code == nil || code == .malformedJSON)
        }
    }
}
