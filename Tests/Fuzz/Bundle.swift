import LatchkeyVerifier

/// Trust bundles and trust anchors as a file may hold them.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = input(start, count)
    _ = try? TrustBundle(reading: bytes)
    if let anchor = try? TrustAnchor(pem: bytes), let again = try? TrustAnchor(pem: Array(anchor.pem.utf8)) {
        guard anchor == again else { fatalError("an anchor is written as another") }
    }
    return 0
}
