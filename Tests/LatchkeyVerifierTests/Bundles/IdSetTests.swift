import LatchkeyCrypto
import LatchkeyVerifier
import Testing

@Suite("A set of ids in a bundle")
struct IdSetTests {
    /// Ids that lie close together: of one millisecond and its neighbours, of one group and of others.
    private static let ids: [String] = {
        var ids: [String] = []
        for milliseconds: UInt64 in [0, 1, 1_767_229_200_000, 1_767_229_200_001, 1_767_229_462_143, 1_767_229_462_144, (1 << 48) - 1] {
            for low: UInt64 in [0, 1, .max - 1, .max] {
                for high: UInt16 in [0, .max] { ids.append("tok_" + ULID(milliseconds: milliseconds, high: high, low: low).text) }
            }
        }
        return ids
    }()

    private func file(_ revoked: IdSet) throws -> [UInt8] {
        var contents = try GoldenPack.bundle("bundle-7").contents
        contents.revokedTokens = revoked
        let key = try GoldenPack.key("a")
        return try TrustBundle.encode(contents, keyId: key.publicKey.thumbprint) { try key.sign($0) }
    }

    @Test("are exactly those that were put in, one by one, through the file")
    func exact() throws {
        for (index, id) in Self.ids.enumerated() {
            let some = Self.ids.enumerated().filter { $0.offset % 3 != index % 3 }.map(\.element)
            let read = try TrustBundle(reading: file(IdSet(.tokens, some.shuffled()))).contents.revokedTokens
            #expect(read.count == some.count)
            for other in Self.ids {
                let ulid = try #require(ULID(id: other, prefix: "tok_"))
                #expect(read.contains(ulid) == some.contains(other), "\(id) \(other)")
                #expect(read.contains(other) == some.contains(other))
            }
        }
    }

    @Test("stand in the order of their making, each once")
    func order() {
        let twice = IdSet(.tokens, (Self.ids + Self.ids.reversed()))
        #expect(twice.ids == Self.ids.sorted())
        #expect(twice == IdSet(.tokens, Self.ids))
    }

    @Test(
        "leave out what no id of theirs looks like",
        arguments: [
            "", "tok_", "sess_01KDVSSSA0000000000000005N", "tok_01KDVSSSA0000000000000005", "tok_01kdvsssa0000000000000005n",
            "tok_81KDVSSSA0000000000000005N", "x",
        ])
    func strangers(_ id: String) {
        #expect(IdSet(.tokens, [id]).count == 0)
    }

    @Test("take less than 2 MB for 100,000 that were made in a day, and come back")
    func size() throws {
        var random = SystemRandomNumberGenerator()
        let start: UInt64 = 1_767_229_200_000
        let ids = (0..<100_000).map { index in
            ULID(
                milliseconds: start + UInt64(index) * 864, high: UInt16.random(in: 0 ... .max, using: &random),
                low: UInt64.random(in: 0 ... .max, using: &random))
        }
        let file = try file(IdSet(.tokens, ids.map { "tok_" + $0.text }))
        #expect(file.count < 2_000_000, "\(file.count)")
        let read = try TrustBundle(reading: file).contents.revokedTokens
        #expect(read.count == ids.count)
        for ulid in ids.prefix(1000) {
            #expect(read.contains(ulid))
            #expect(!read.contains(ULID(number: ulid.number ^ 1)))
        }
    }

    @Test("are looked up with substrings alone, as a page of ours tells other languages")
    func lookUp() throws {
        let id = "tok_01KDVSSSA0000000000000005N"
        let ulid = try #require(ULID(id: id, prefix: "tok_"))
        let bytes = (0..<16).map { UInt8(truncatingIfNeeded: ulid.number >> UInt128(120 - $0 * 8)) }
        let text = Base64URL.encode(bytes)
        let payload = LatchkeyVerifierTests.text(try file(IdSet(.tokens, [id])))
        #expect(payload.contains(#"\"revokedTokens\":{\"\#(text.prefix(5))\":\"\#(text.dropFirst(5))\"}"#))
    }
}
