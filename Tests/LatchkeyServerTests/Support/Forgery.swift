import FoundationEssentials
import LatchkeyCrypto

/// Tokens that no authority made.
enum Forgery {
    static func input(_ header: String, _ payload: [UInt8]) -> [UInt8] {
        CompactJWS.signingInput(header: Array(header.utf8), payload: payload)
    }

    static func token(_ input: [UInt8], _ signature: [UInt8]) -> String {
        String(decoding: input, as: UTF8.self) + "." + Base64URL.encode(signature)
    }

    /// Signed with HMAC-SHA256 under some bytes.
    static func hmac(header: String, payload: [UInt8], secret: [UInt8]) -> String {
        let input = input(header, payload)
        return token(input, HMACSHA256.code(input, key: Secret(copying: secret)))
    }

    /// What has been taken for an HMAC secret of an RSA public key elsewhere.
    static func secrets(of jwk: JSON) throws -> [[UInt8]] {
        let n = Base64URL.decode(jwk["n"]?.text ?? "") ?? []
        let key = try RSAPublicKey(modulus: n, exponent: Base64URL.decode(jwk["e"]?.text ?? "") ?? [])
        let pem = try key.pem()
        let trimmed = pem.last == "\n" ? String(pem.dropLast()) : pem
        let base64 = pem.split(separator: "\n").filter { !$0.hasPrefix("-----") }.joined()
        let der = Array(Data(base64Encoded: base64) ?? Data())
        return [
            Array(pem.utf8), Array(trimmed.utf8), Array(pem.replacing("\n", with: "\r\n").utf8), der, n, [0] + n,
            Array((jwk["n"]?.text ?? "").utf8),
            Array(base64.utf8), Array((jwk["kid"]?.text ?? "").utf8), [0],
        ]
    }
}
