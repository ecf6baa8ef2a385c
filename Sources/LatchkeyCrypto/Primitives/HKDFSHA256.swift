import COpenSSL

/// HKDF with SHA-256 (RFC 5869), extract and expand.
package enum HKDFSHA256 {
    /// Derives `count` bytes, 1 to 8,160. An empty salt stands for 32 zero bytes (RFC 5869 §2.2).
    ///
    /// Throws `.invalidArgument` for another count or an empty secret.
    package static func derive(from secret: Secret, salt: [UInt8], info: [UInt8], count: Int) throws(CryptoError) -> Secret {
        guard (1...255 * 32).contains(count) else { throw CryptoError(.invalidArgument, "HKDF gives 1 to 8160 bytes, not \(count)") }
        guard secret.count > 0 else { throw CryptoError(.invalidArgument, "nothing can be derived from an empty secret") }
        return try Secret(count: count) { (output) throws(CryptoError) in
            let done = unsafe output.withUnsafeMutableBufferPointer { output in
                secret.withBytes { secret in
                    unsafe secret.withUnsafeBufferPointer { secret in
                        unsafe salt.withUnsafeBufferPointer { salt in
                            unsafe info.withUnsafeBufferPointer { info in
                                unsafe COpenSSL_hkdf_sha256(
                                    Algorithms.hkdf, secret.baseAddress, secret.count, salt.baseAddress, salt.count,
                                    info.baseAddress, info.count, output.baseAddress, output.count)
                            }
                        }
                    }
                }
            }
            guard done == 1 else { throw OpenSSL.failure(.unavailable, "the key could not be derived; check libcrypto's configuration") }
        }
    }
}
