extension JWK {
    /// The key's SHA-256 thumbprint in base64url, 43 characters (RFC 7638 §3; for octet key pairs RFC 8037 §2).
    ///
    /// Throws `.unsupportedKey` for a `kty` other than `RSA` and `OKP`, `.malformedKey` when a member that counts is missing or isn't plain
    /// base64url: such a text has no other spelling in JSON, so the canonical form needs no escapes.
    package func thumbprint() throws(CryptoError) -> String {
        let canonical: String
        if kty.utf8.elementsEqual("RSA".utf8) {
            canonical = "{\"e\":\"\(try canonicalText(e))\",\"kty\":\"RSA\",\"n\":\"\(try canonicalText(n))\"}"
        } else if kty.utf8.elementsEqual("OKP".utf8) {
            guard let crv, !crv.isEmpty, crv.utf8.allSatisfy(Self.isLetterOrDigit) else { throw Self.incomplete() }
            canonical = "{\"crv\":\"\(crv)\",\"kty\":\"OKP\",\"x\":\"\(try canonicalText(x))\"}"
        } else {
            throw CryptoError(.unsupportedKey, "only RSA and OKP keys have a thumbprint here")
        }
        return Base64URL.encode(SHA256.hash(Array(canonical.utf8)))
    }

    /// Throws `.unsupportedKey` unless the key is of this type and nothing in it says that it is for another algorithm or use.
    func require(keyType: String, algorithm: String) throws(CryptoError) {
        func same(_ a: String, _ b: String) -> Bool { a.utf8.elementsEqual(b.utf8) }
        guard same(kty, keyType), alg.map({ same($0, algorithm) }) ?? true, use.map({ same($0, "sig") }) ?? true,
            keyOps.map({ $0.contains { same($0, "verify") } }) ?? true
        else { throw CryptoError(.unsupportedKey, "the JWK is not a key for \(algorithm) signatures") }
    }

    private func canonicalText(_ member: String?) throws(CryptoError) -> String {
        guard let member, let bytes = Base64URL.decode(member), !bytes.isEmpty else { throw Self.incomplete() }
        return member
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        default: false
        }
    }

    private static func incomplete() -> CryptoError {
        CryptoError(.malformedKey, "the JWK lacks a member of its public key, or holds one that is not base64url")
    }
}
