import LatchkeyStore
import Testing

@Suite("Keys and rows")
struct RowTests {
    let scratch = Scratch()

    @Test(arguments: [0, 512, 100_000])
    func `an empty or oversized key is not found, and can't be put`(length: Int) throws {
        let key = [UInt8](repeating: 1, count: length)
        let store = try scratch.open()
        defer { store.close() }
        #expect(try store.read { try $0.get(Tables.blobs, key) } == nil)
        #expect(try store.read { try $0.contains(Tables.blobs, key) } == false)
        #expect(try store.writeAndWait { try $0.delete(Tables.blobs, key) } == false)
        #expect(storeError { try store.writeAndWait { try $0.put(Tables.blobs, key, Blob([1])) } }?.code == .invalidKey)
    }

    @Test(arguments: [1, 511])
    func `the shortest and the longest key are kept`(length: Int) throws {
        let store = try scratch.open()
        defer { store.close() }
        let key = [UInt8](repeating: 0xFF, count: length)
        try store.writeAndWait { try $0.put(Tables.blobs, key, Blob([])) }
        #expect(try store.read { try $0.get(Tables.blobs, key) } == Blob([]))
        #expect(try store.writeAndWait { try $0.delete(Tables.blobs, key) })
        #expect(try store.writeAndWait { try $0.delete(Tables.blobs, key) } == false)
        #expect(try store.read { try $0.contains(Tables.blobs, key) } == false)
    }

    @Test func `text keys that look alike but differ in bytes are different keys`() throws {
        let store = try scratch.open()
        defer { store.close() }
        try store.writeAndWait { try $0.put(Tables.names, "\u{E9}", Name(text: "one scalar")) }
        #expect(try store.read { try $0.get(Tables.names, "e\u{301}") } == nil)
    }

    @Test(arguments: [0, 1, 255, 256, UInt64.max])
    func `numbers are keys in the order of their values`(number: UInt64) {
        #expect(UInt64(storeBytes: number.storeBytes) == number)
        #expect(number == .max || number.storeBytes.lexicographicallyPrecedes((number + 1).storeBytes))
        #expect(UInt64(storeBytes: Array(number.storeBytes.dropLast())) == nil)
    }

    @Test func `bytes that are not UTF-8 are not a text key`() { #expect(String(storeBytes: [0xC3, 0x28]) == nil) }

    @Test func `a JSON record carries the number of its form`() throws {
        let text = String(decoding: try Name(text: "a/b").encode(), as: UTF8.self)
        #expect(text.contains(#""v":2"#))
        #expect(text.contains(#""text":"a/b""#))
        #expect(try decoded(Name.self, text) == Name(text: "a/b"))
    }

    @Test(arguments: [(#"{"text":"a","v":3}"#, StoreError.Code.newer), (#"{"text":"a","v":0}"#, .undecodable)])
    func `a JSON record of another form is refused`(json: String, code: StoreError.Code) {
        #expect(storeError { _ = try decoded(Name.self, json) }?.code == code)
    }

    @Test(arguments: [#"{"text":"secret"}"#, #"{"v":1}"#, #"{"text":5,"v":1}"#, "", "[]", "null"])
    func `a row that is not of its table's form is refused without a quote of it`(json: String) throws {
        let store = try scratch.open()
        defer { store.close() }
        let raw = Table<String, Blob>("names", slot: Tables.names.slot)
        try store.writeAndWait { try $0.put(raw, "k", Blob(Array(json.utf8))) }
        let error = storeError { _ = try store.read { try $0.get(Tables.names, "k") } }
        #expect(error?.code == .undecodable)
        #expect(error?.message.contains("names") == true)
        #expect(error?.message.contains("secret") == false)
    }

    @Test func `an earlier form of a JSON record is read`() throws {
        #expect(try decoded(Name.self, #"{"v":1,"text":"old"}"#) == Name(text: "old"))
    }

    @Test func `an index row has no content`() throws {
        #expect(EmptyRow().encode() == [])
        #expect(try decoded(EmptyRow.self, "") == EmptyRow())
        #expect(storeError { _ = try decoded(EmptyRow.self, "\0") }?.code == .undecodable)
    }
}

@Suite("Binary rows")
struct BinaryRowTests {
    private func sample() throws -> [UInt8] {
        var writer = BinaryWriter(reserving: 64)
        writer.u8(0xFE)
        writer.u16(0x0102)
        writer.u32(0xDEAD_BEEF)
        writer.u64(.max)
        writer.i64(-2)
        writer.bytes([9, 8, 7])
        try writer.string("käse")
        try writer.strings(["", "two"])
        return writer.bytes
    }

    private func readAll(_ reader: inout BinaryReader) throws {
        #expect(try reader.u8() == 0xFE)
        #expect(try reader.u16() == 0x0102)
        #expect(try reader.u32() == 0xDEAD_BEEF)
        #expect(try reader.u64() == .max)
        #expect(try reader.i64() == -2)
        #expect(try reader.bytes(3) == [9, 8, 7])
        #expect(try reader.string() == "käse")
        #expect(try reader.strings() == ["", "two"])
    }

    @Test func `what was written is read back`() throws {
        try reading(sample()) { try readAll(&$0) }
    }

    @Test func `numbers are big-endian`() {
        var writer = BinaryWriter()
        writer.u32(0x0102_0304)
        #expect(writer.bytes == [1, 2, 3, 4])
    }

    @Test func `a row that was cut short anywhere is refused`() throws {
        let bytes = try sample()
        for length in 0..<bytes.count {
            let cut = Array(bytes.prefix(length))
            let error = storeError {
                try reading(cut) { reader in
                    _ = (try reader.u8(), try reader.u16(), try reader.u32(), try reader.u64(), try reader.i64())
                    _ = (try reader.bytes(3), try reader.string(), try reader.strings())
                }
            }
            #expect(error?.code == .undecodable, "\(length)")
        }
    }

    @Test func `bytes that are left over are refused`() throws {
        let bytes = try sample() + [0]
        #expect(storeError { try reading(bytes) { try readAll(&$0) } }?.code == .undecodable)
    }

    @Test func `a negative or enormous count is refused`() {
        for count in [-1, 5, Int.max] {
            #expect(storeError { _ = try reading([1, 2, 3, 4]) { try $0.bytes(count) } }?.code == .undecodable)
        }
        #expect(storeError { _ = try reading([0xFF, 0xFF]) { try $0.strings() } }?.code == .undecodable)
    }

    @Test func `text that is not UTF-8 is refused`() {
        #expect(storeError { _ = try reading([0, 2, 0xC3, 0x28]) { try $0.string() } }?.code == .undecodable)
    }

    @Test func `text and lists that don't fit their length field are refused`() {
        var writer = BinaryWriter()
        #expect(storeError { try writer.string(String(repeating: "a", count: 65536)) }?.code == .undecodable)
        #expect(storeError { try writer.strings([String](repeating: "", count: 65536)) }?.code == .undecodable)
        #expect(storeError { try writer.string(String(repeating: "a", count: 65535)) } == nil)
    }
}

private func decoded<Row: StoreRow>(_ type: Row.Type, _ text: String) throws -> Row {
    let bytes = Array(text.utf8)
    return try Row.decode(bytes.span)
}

private func reading<Result>(_ bytes: [UInt8], _ body: (inout BinaryReader) throws -> Result) throws -> Result {
    try BinaryReader.read(bytes.span, body)
}
