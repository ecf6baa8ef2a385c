import COpenSSL

/// The one block of a PEM text (RFC 7468), decoded into memory that is wiped.
///
/// Stricter than libcrypto's reader: nothing but white space may stand before or after the block, so a file with two keys,
/// or with a certificate below the key, is refused instead of half read.
struct PEMBlock {
    /// What stands after `BEGIN`, such as `PRIVATE KEY`.
    let label: String
    /// Whether the block has header lines; of the private keys that is only the old form of passphrase encryption.
    let hasHeaders: Bool
    let der: Secret

    /// The largest text that is looked at. An RSA key of 8,192 bits takes less than 7 KiB.
    static let greatestSize = 64 * 1024

    init(_ text: Span<UInt8>) throws(CryptoError) {
        guard text.count <= Self.greatestSize, let start = Self.boundary(in: text) else { throw Self.malformed() }
        let text = text.extracting(start...)
        let bio = unsafe text.withUnsafeBufferPointer { unsafe BIO_new_mem_buf($0.baseAddress, Int32($0.count)) }
        guard let bio = unsafe bio else { throw OpenSSL.outOfMemory() }
        defer { unsafe BIO_free(bio) }

        var name: UnsafeMutablePointer<CChar>?
        var header: UnsafeMutablePointer<CChar>?
        var data: UnsafeMutablePointer<UInt8>?
        var count = 0
        guard unsafe PEM_read_bio_ex(bio, &name, &header, &data, &count, UInt32(PEM_FLAG_SECURE)) == 1,
            let name = unsafe name, let header = unsafe header, let data = unsafe data
        else { throw Self.malformed() }
        defer {
            unsafe COpenSSL_secure_free(name)
            unsafe COpenSSL_secure_free(header)
            unsafe COpenSSL_secure_clear_free(data, count)
        }
        label = unsafe String(cString: name)
        hasHeaders = unsafe header[0] != 0
        der = unsafe Secret(copying: UnsafeBufferPointer(start: data, count: count).span)
        let rest = Int(unsafe COpenSSL_BIO_pending(bio))
        guard rest >= 0, rest <= text.count, Self.isBlank(text.extracting(last: rest)) else {
            throw CryptoError(.malformedKey, "there is more in the PEM text than one block; give the file of one key alone")
        }
    }

    private static func malformed() -> CryptoError {
        OpenSSL.failure(
            .malformedKey, "the text is not one PEM block; it must begin with -----BEGIN and end with the matching -----END line")
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }

    private static func isBlank(_ text: Span<UInt8>) -> Bool {
        text.indices.allSatisfy { isSpace(text[$0]) }
    }

    /// Where the block begins: the first byte that isn't white space, when it begins one.
    private static func boundary(in text: Span<UInt8>) -> Int? {
        let boundary = Array("-----BEGIN ".utf8)
        guard let start = text.indices.first(where: { !isSpace(text[$0]) }), text.count - start >= boundary.count else { return nil }
        return boundary.indices.allSatisfy { text[start + $0] == boundary[$0] } ? start : nil
    }
}
