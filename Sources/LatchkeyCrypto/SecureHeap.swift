import COpenSSL

/// libcrypto's secure heap: one area of memory, locked and kept out of core dumps, for all `Secret`s and private keys.
package enum SecureHeap {
    /// Starts the heap for the rest of the process; `byteCount` is a power of two, at least 4,096.
    ///
    /// A private RSA key of 3072 bits takes 1.75 KiB of it, and so does every copy that a signer or a busy key makes. A `Secret`
    /// that finds no room goes to ordinary memory, but libcrypto's own key operations fail then: give it a megabyte.
    ///
    /// To be called once, before the first key is loaded; secrets made before stay where they are. `false` when it is already
    /// started or can't be had. It also starts, without the lock, where the process may not lock that much memory
    /// (`RLIMIT_MEMLOCK`).
    package static func start(byteCount: Int) -> Bool {
        guard byteCount >= 4096, byteCount.nonzeroBitCount == 1 else { return false }
        return CRYPTO_secure_malloc_initialized() == 0 && CRYPTO_secure_malloc_init(byteCount, 32) > 0
    }

    /// Bytes in use, for status output; 0 when the heap was not started.
    package static var usedByteCount: Int { CRYPTO_secure_malloc_initialized() == 1 ? CRYPTO_secure_used() : 0 }
}
