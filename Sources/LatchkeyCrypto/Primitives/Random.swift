import COpenSSL

/// The only source of randomness of the project: libcrypto's generators, seeded by the kernel.
package enum Random {
    /// Bytes that may be seen by others: nonces, ids. Throws `.unavailable` when the generator can't be seeded.
    package static func bytes(_ count: Int) throws(CryptoError) -> [UInt8] {
        try check(count)
        var bytes = [UInt8](repeating: 0, count: count)
        let done = unsafe bytes.withUnsafeMutableBufferPointer { unsafe RAND_bytes($0.baseAddress, Int32($0.count)) }
        guard done == 1 else { throw failure() }
        return bytes
    }

    /// Bytes that nobody may see, from the generator that libcrypto keeps apart for them. Throws as `bytes` does.
    package static func secret(_ count: Int) throws(CryptoError) -> Secret {
        try check(count)
        return try Secret(count: count) { (span) throws(CryptoError) in
            let done = unsafe span.withUnsafeMutableBufferPointer { unsafe RAND_priv_bytes($0.baseAddress, Int32($0.count)) }
            guard done == 1 else { throw failure() }
        }
    }

    private static func check(_ count: Int) throws(CryptoError) {
        guard count >= 0, count <= Int32.max else {
            throw CryptoError(.invalidArgument, "a request for random bytes has 0 to 2^31 - 1 of them")
        }
    }

    private static func failure() -> CryptoError {
        OpenSSL.failure(.unavailable, "no random bytes could be had; nothing is made without them")
    }
}
