import LatchkeyVerifier

/// Key sets as a fetcher may bring them.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    _ = try? KeySet(jwks: input(start, count))
    return 0
}
