import LatchkeyVerifier

/// Checkpoints of an audit log, and heads as people type them.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = input(start, count)
    if let note = try? SignedNote(parsing: bytes) { require(Array(note.whole.utf8), equals: bytes) }
    if let checkpoint = try? Checkpoint(parsing: bytes) { require(Array(checkpoint.text.utf8), equals: bytes) }
    if let head = try? LogHead(parsing: String(decoding: bytes, as: UTF8.self)) {
        guard let again = try? LogHead(parsing: head.description), again == head else { fatalError("a head is written as another") }
    }
    return 0
}
