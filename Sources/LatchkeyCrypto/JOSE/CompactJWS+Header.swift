extension CompactJWS {
    /// The protected header (RFC 7515 §4), decoded strictly.
    ///
    /// `alg`, `typ`, `cty` and `kid` are visible ASCII or the header is refused, so that comparing them as Swift strings compares
    /// bytes. Members that point to keys (`jwk`, `jku`, `x5u`, `x5c`) are ignored like any unknown one: keys come from the key
    /// ring alone.
    package struct Header: Sendable, Equatable {
        package let alg: String
        package let typ: String?
        package let cty: String?
        package let kid: String?

        /// Throws `.malformedToken` when the bytes aren't one JSON object without duplicate members, have no `alg`, have one of the
        /// members above in another form, or have `crit` (RFC 7515 §4.1.11: no extension is understood here) or `b64` (RFC 7797).
        package init(json: [UInt8]) throws(CryptoError) {
            var (alg, typ, cty, kid): (String?, String?, String?, String?)
            do {
                try JSONObjectReader.read(json) { (name, value) throws(CryptoError) in
                    switch name {
                    case "crit", "b64": throw Self.refused()
                    case "alg": alg = try Self.visibleASCII(value)
                    case "typ": typ = try Self.visibleASCII(value)
                    case "cty": cty = try Self.visibleASCII(value)
                    case "kid": kid = try Self.visibleASCII(value)
                    default: break
                    }
                }
            } catch {
                throw Self.refused()
            }
            guard let alg else { throw Self.refused() }
            self.alg = alg
            self.typ = typ
            self.cty = cty
            self.kid = kid
        }

        private static func visibleASCII(_ value: JSONObjectReader.Value) throws(CryptoError) -> String {
            guard case .string(let text) = value, !text.isEmpty, text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
                throw refused()
            }
            return text
        }

        private static func refused() -> CryptoError {
            CryptoError(
                .malformedToken, "the token's header is not one JSON object with an alg, or asks for something that is not supported")
        }
    }
}
