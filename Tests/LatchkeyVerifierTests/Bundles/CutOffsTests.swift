import LatchkeyCrypto
import LatchkeyVerifier
import Testing

@Suite("Cut-offs in a bundle")
struct CutOffsTests {
    private let start = Timestamp(rfc3339: "2026-03-01T12:00:00Z")!

    private func file(_ cutOffs: CutOffs) throws -> [UInt8] {
        var contents = try GoldenPack.bundle("bundle-7").contents
        contents.cutOffs = cutOffs
        let key = try GoldenPack.key("a")
        return try TrustBundle.encode(contents, keyId: key.publicKey.thumbprint) { try key.sign($0) }
    }

    private func read(_ cutOffs: CutOffs) throws -> CutOffs { try TrustBundle(reading: file(cutOffs)).contents.cutOffs }

    private func id(_ milliseconds: UInt64, _ low: UInt64) -> String { "agent_" + ULID(milliseconds: milliseconds, low: low).text }

    @Test("are exactly those that were put in, each with its moment, through the file")
    func exact() throws {
        var moments: [String: Timestamp] = [:]
        var neighbours: [String] = []
        for number in 0..<UInt64(300) {
            // Of the same moment, of the milliseconds beside it, and far away; of identities of one name, and of others.
            let id = id(number % 7 * 1_073_741_824 + number / 50, number * 2)
            moments[id] = start.adding(milliseconds: Int64(number % 5 * (number % 3 == 0 ? 1 : 86_400_000)))
            neighbours.append(self.id(number % 7 * 1_073_741_824 + number / 50, number * 2 + 1))
        }
        var cutOffs = CutOffs()
        for (id, moment) in moments { cutOffs.cut(id, at: moment) }
        let back = try read(cutOffs)
        #expect(back == cutOffs && back.count == moments.count && back.identities == moments.keys.sorted())
        for (id, moment) in moments { #expect(back[id] == moment) }
        for id in neighbours { #expect(back[id] == nil) }
        #expect(try read(CutOffs()) == CutOffs())
    }

    @Test("have one moment for an identity, the latest, and none for what is no identity's id")
    func latest() throws {
        let id = id(1, 1)
        var cutOffs = CutOffs()
        for seconds: Int64 in [5, 9, 7] { cutOffs.cut(id, at: start.adding(seconds: seconds)) }
        for stranger in ["", "*", "agent_of_old", "tok_" + id.dropFirst(6), id.lowercased(), id + "0"] { cutOffs.cut(stranger, at: start) }
        #expect(cutOffs.count == 1 && cutOffs[id] == start.adding(seconds: 9))
        #expect(cutOffs["*"] == nil && cutOffs["agent_of_old"] == nil && cutOffs[String(id.dropLast())] == nil)
        #expect(try read(cutOffs) == cutOffs)
    }

    @Test("that one change made take less than 2 MB for 100,000 identities, whenever these were made, and come back")
    func size() throws {
        var random = SystemRandomNumberGenerator()
        var cutOffs = CutOffs()
        for number in 0..<UInt64(100_000) {
            let ulid = ULID(
                milliseconds: 1_767_229_200_000 - number * 3_153_600, high: UInt16.random(in: 0 ... .max, using: &random),
                low: UInt64.random(in: 0 ... .max, using: &random))
            cutOffs.cut("agent_" + ulid.text, at: start)
        }
        let file = try file(cutOffs)
        #expect(file.count < 2_000_000, "\(file.count)")
        #expect(try TrustBundle(reading: file).contents.cutOffs == cutOffs)
    }

    @Test("of 10,000 moments take less than 800 kB")
    func moments() throws {
        var cutOffs = CutOffs()
        for number in 0..<UInt64(10_000) { cutOffs.cut(id(1_767_229_200_000, number), at: start.adding(milliseconds: Int64(number))) }
        let file = try file(cutOffs)
        #expect(file.count < 800_000, "\(file.count)")
    }

    @Test("are looked up with substrings alone, as a page of ours tells other languages")
    func lookUp() throws {
        let ulid = ULID(milliseconds: 1_767_229_200_000, high: 3, low: 5)
        let bytes = (0..<16).map { UInt8(truncatingIfNeeded: ulid.number >> UInt128(120 - $0 * 8)) }
        let text = Base64URL.encode(bytes)
        var cutOffs = CutOffs()
        cutOffs.cut("agent_" + ulid.text, at: start)
        let payload = LatchkeyVerifierTests.text(try file(cutOffs)[...])
        #expect(payload.contains(#"\"cutOffs\":{\"2026-03-01T12:00:00.000Z\":{\"\#(text.prefix(3))\":\"\#(text.dropFirst(3))\"}}"#))
    }
}
