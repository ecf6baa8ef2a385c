import FoundationEssentials
import LatchkeyCrypto
import LatchkeyVerifier

/// Tokens, whole, through the keys of a bundle, and in the parts that are parsed by themselves.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = input(start, count)
    _ = try? CompactJWS(parsing: bytes)
    _ = try? Trust.verifier.verify(String(decoding: bytes, as: UTF8.self), at: Trust.now)
    _ = try? CompactJWS.Header(json: bytes)
    _ = try? JSONDecoder().decode(Claims.self, from: Data(bytes))
    _ = try? AnchorSuccession(reading: String(decoding: bytes, as: UTF8.self))
    return 0
}
