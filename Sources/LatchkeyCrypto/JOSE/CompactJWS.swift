/// A signed token in compact serialisation (RFC 7515 §7.1), taken apart and not yet verified.
package struct CompactJWS: Sendable {
    /// The longest token that is looked at, in bytes.
    package static let greatestSize = 16 * 1024

    package let header: Header
    package let payload: [UInt8]
    /// Never empty: an unsigned token (RFC 7518 §3.6) doesn't get this far.
    package let signature: [UInt8]
    /// The bytes that the signature is over, as they came.
    package let signingInput: [UInt8]

    /// Throws `.malformedToken` unless there are exactly three parts of strict base64url, at most 16 KiB, the last not empty, and
    /// as `Header` does.
    package init(parsing token: String) throws(CryptoError) {
        guard token.utf8.count <= Self.greatestSize else { throw Self.malformed() }
        try self.init(parsing: Array(token.utf8))
    }

    /// As above, from the bytes of the token.
    package init(parsing token: [UInt8]) throws(CryptoError) {
        guard token.count <= Self.greatestSize,
            let first = token.firstIndex(of: Self.dot), let second = token[(first + 1)...].firstIndex(of: Self.dot),
            let header = Base64URL.decode(token[..<first]), let payload = Base64URL.decode(token[(first + 1)..<second]),
            let signature = Base64URL.decode(token[(second + 1)...]), !signature.isEmpty
        else { throw Self.malformed() }
        self.header = try Header(json: header)
        self.payload = payload
        self.signature = signature
        signingInput = Array(token[..<second])
    }

    /// `BASE64URL(header) . BASE64URL(payload)` (RFC 7515 §5.1): what a signer signs.
    package static func signingInput(header: [UInt8], payload: [UInt8]) -> [UInt8] {
        var input: [UInt8] = []
        input.reserveCapacity(Base64URL.encodedCount(header.count) + 1 + Base64URL.encodedCount(payload.count))
        Base64URL.append(header, to: &input)
        input.append(dot)
        Base64URL.append(payload, to: &input)
        return input
    }

    /// The whole token.
    package static func assemble(signingInput: [UInt8], signature: [UInt8]) -> String {
        var token: [UInt8] = []
        token.reserveCapacity(signingInput.count + 1 + Base64URL.encodedCount(signature.count))
        token.append(contentsOf: signingInput)
        token.append(dot)
        Base64URL.append(signature, to: &token)
        return String(decoding: token, as: UTF8.self)
    }

    private static let dot = UInt8(ascii: ".")

    static func malformed() -> CryptoError {
        CryptoError(.malformedToken, "the token is not three base64url parts with dots between them, or is longer than 16 KiB")
    }
}
