import FoundationEssentials
import LatchkeyCrypto
import LatchkeyVerifier

/// What a token claims, behind a good signature: read in an authority's own spelling and by a general decoder, which must never differ, and
/// held against a trust bundle, as an HS256 token, for which alone a signature can be made for any bytes in no time.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = input(start, count)
    let decoded = try? JSONDecoder().decode(Claims.self, from: Data(bytes))
    if let claims = Claims(canonical: bytes) {
        guard claims == decoded else { fatalError("claims are read in two ways") }
    }
    let header = Array(#"{"alg":"HS256","typ":"JWT","kid":"production-2024"}"#.utf8)
    let signed = CompactJWS.signingInput(header: header, payload: bytes)
    let token = CompactJWS.assemble(signingInput: signed, signature: HMACSHA256.code(signed, key: Trust.secret))
    _ = try? Trust.verifier.verify(token, at: Trust.now)
    return 0
}
