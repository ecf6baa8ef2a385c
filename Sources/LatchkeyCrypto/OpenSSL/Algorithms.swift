import COpenSSL

/// The algorithm descriptions of libcrypto that this room uses, each looked up once.
///
/// A look-up by name takes locks that all threads share and costs more than hashing a short message does. The objects are
/// immutable, meant for any thread, and live as long as the process. A libcrypto without one of them (a policy that
/// disables it, say) can't run this program at all: the first use ends the process with a message that says so.
@safe enum Algorithms {
    nonisolated(unsafe) static let sha256: OpaquePointer = unsafe require(EVP_MD_fetch(nil, "SHA256", nil), "SHA-256")
    nonisolated(unsafe) static let aes256GCM: OpaquePointer = unsafe require(EVP_CIPHER_fetch(nil, "AES-256-GCM", nil), "AES-256-GCM")
    nonisolated(unsafe) static let hkdf: OpaquePointer = unsafe require(EVP_KDF_fetch(nil, "HKDF", nil), "HKDF")
    /// An HMAC context with SHA-256 and no key; only ever duplicated.
    nonisolated(unsafe) static let hmacSHA256: OpaquePointer = unsafe require(COpenSSL_hmac_sha256_template(), "HMAC-SHA-256")

    private static func require(_ pointer: OpaquePointer?, _ name: String) -> OpaquePointer {
        guard let pointer = unsafe pointer else {
            preconditionFailure("libcrypto offers no \(name); check the OpenSSL configuration of this host")
        }
        return unsafe pointer
    }
}
