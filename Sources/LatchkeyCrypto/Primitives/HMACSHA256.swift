import COpenSSL

/// HMAC with SHA-256 (RFC 2104). Every code has 32 bytes; compare codes with `ConstantTime`.
package enum HMACSHA256 {
    package static func code(_ message: [UInt8], key: Secret) -> [UInt8] {
        let context = unsafe EVP_MAC_CTX_dup(Algorithms.hmacSHA256)
        defer { unsafe EVP_MAC_CTX_free(context) }
        var code = [UInt8](repeating: 0, count: 32)
        var count = 0
        let started = key.withBytes { key in
            unsafe key.withUnsafeBufferPointer { unsafe EVP_MAC_init(context, $0.baseAddress, $0.count, nil) }
        }
        let updated = unsafe message.withUnsafeBufferPointer { unsafe EVP_MAC_update(context, $0.baseAddress, $0.count) }
        let finished = unsafe code.withUnsafeMutableBufferPointer { unsafe EVP_MAC_final(context, $0.baseAddress, &count, $0.count) }
        // As with a hash: no code at all is the only safe answer to a missing one.
        guard unsafe context != nil, started == 1, updated == 1, finished == 1, count == 32 else { preconditionFailure("out of memory") }
        return code
    }
}
