import LatchkeyCrypto

extension TrustBundle {
    /// The `typ` of a bundle's header (RFC 8725 §3.11).
    package static let headerType = "latchkey-bundle+jws"

    /// The bytes of the bundle's file.
    ///
    /// - Parameters:
    ///   - keyId: of the anchor that signs.
    ///   - sign: gives that anchor's signature of what it is given.
    /// - Throws: what `sign` throws, and `.bundle` for contents that no reader would take, so that none is ever given out; for those that are
    ///   too large, before anything is signed.
    package static func encode(_ contents: BundleContents, keyId: String, sign: ([UInt8]) throws -> [UInt8]) throws -> [UInt8] {
        let payload = contents.json()
        let size = size(ofFileWith: payload, keyId: keyId)
        guard size <= greatestSize else {
            throw VerificationError(
                .bundle, "it would have \(size) bytes, and a trust bundle has \(greatestSize) (\(greatestSize >> 20) MiB) at most")
        }
        let file = try file(payload: payload, keyId: keyId, sign: sign)
        _ = try TrustBundle(reading: file)
        return file
    }

    /// A file with any payload, whether a reader takes it or not.
    package static func file(payload: [UInt8], keyId: String, sign: ([UInt8]) throws -> [UInt8]) throws -> [UInt8] {
        let protected = header(keyId: keyId)
        let signature = try sign(signingInput(protected: protected, payload: payload))
        return assemble(protected: protected, payload: payload, signature: signature)
    }

    /// Bytes of the file that `file(payload:keyId:sign:)` makes of a payload that is JSON: in it, quotation marks and backslashes are escaped.
    static func size(ofFileWith payload: [UInt8], keyId: String) -> Int {
        let escaped = payload.count { $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "\\") }
        return assemble(protected: header(keyId: keyId), payload: [], signature: [UInt8](repeating: 0, count: 64)).count + payload.count
            + escaped
    }

    /// RFC 7515 §5.1 with the payload of RFC 7797 §3.
    static func signingInput(protected: String, payload: [UInt8]) -> [UInt8] {
        var input = Array(protected.utf8)
        input.reserveCapacity(input.count + 1 + payload.count)
        input.append(UInt8(ascii: "."))
        input.append(contentsOf: payload)
        return input
    }

    static func assemble(protected: String, payload: [UInt8], signature: [UInt8]) -> [UInt8] {
        var writer = JSONWriter(capacity: payload.count + payload.count / 8 + 512)
        writer.object { writer in
            writer.member("payload", String(decoding: payload, as: UTF8.self))
            writer.member("protected", protected)
            writer.member("signature", Base64URL.encode(signature))
        }
        return writer.bytes + [UInt8(ascii: "\n")]
    }

    /// The protected header, base64url.
    static func header(keyId: String) -> String {
        var writer = JSONWriter(capacity: 160)
        writer.object { writer in
            writer.member("alg", "EdDSA")
            writer.member("b64", false)
            writer.member("crit", ["b64"])
            writer.member("kid", keyId)
            writer.member("typ", headerType)
        }
        return Base64URL.encode(writer.bytes)
    }

    /// The `kid` of a header that says what `header(keyId:)` writes.
    static func keyId(of header: [UInt8]) throws -> String {
        var reader = CanonicalReader(header)
        let keyId = try reader.object { reader in
            try reader.key("alg")
            try reader.require("EdDSA")
            try reader.key("b64")
            try reader.requireFalse()
            try reader.key("crit")
            try reader.array(upTo: 1) { try $0.require("b64") }
            try reader.key("kid")
            let keyId = try reader.digest()
            try reader.key("typ")
            try reader.require(headerType)
            return keyId
        }
        try reader.end()
        return keyId
    }
}

extension CanonicalReader {
    /// The string that has to stand here.
    fileprivate mutating func require(_ expected: String) throws {
        guard try string().utf8.elementsEqual(expected.utf8) else { throw mismatch("\"\(expected)\"") }
    }
}
