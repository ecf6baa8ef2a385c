/// What the fuzzer gave, as bytes.
func input(_ start: UnsafePointer<UInt8>?, _ count: Int) -> [UInt8] {
    Array(UnsafeBufferPointer(start: start, count: count))
}

/// What a reader took must be what its writer makes of it: else one thing has two spellings.
func require(_ written: [UInt8], equals read: [UInt8]) {
    guard written == read else { fatalError("what was read is written in another way") }
}
