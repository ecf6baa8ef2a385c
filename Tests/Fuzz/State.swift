import LatchkeyVerifier

/// What is remembered of a bundle, as its file may have become.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = input(start, count)
    if let state = try? BundleState(json: bytes) { require(state.json(), equals: bytes) }
    return 0
}
