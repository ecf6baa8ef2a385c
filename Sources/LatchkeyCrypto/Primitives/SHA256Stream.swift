import COpenSSL

/// SHA-256 over bytes that come piece by piece. One user at a time.
@safe package final class SHA256Stream {
    private let context: OpaquePointer

    package init() {
        guard let context = unsafe EVP_MD_CTX_new(), unsafe EVP_DigestInit_ex2(context, Algorithms.sha256, nil) == 1 else {
            preconditionFailure("out of memory")
        }
        unsafe self.context = context
    }

    deinit { unsafe EVP_MD_CTX_free(context) }

    package func add(_ bytes: Span<UInt8>) {
        let done = unsafe bytes.withUnsafeBufferPointer { unsafe $0.isEmpty || EVP_DigestUpdate(context, $0.baseAddress, $0.count) == 1 }
        // As with a whole hash: a wrong one must never be used in place of a missing one.
        guard done else { preconditionFailure("out of memory") }
    }

    package func add(_ bytes: [UInt8]) { add(bytes.span) }

    /// The hash of all that was added, 32 bytes. Nothing can be added afterwards.
    package func finish() -> [UInt8] {
        var hash = [UInt8](repeating: 0, count: 32)
        let done = unsafe hash.withUnsafeMutableBufferPointer { unsafe EVP_DigestFinal_ex(context, $0.baseAddress, nil) }
        guard done == 1 else { preconditionFailure("out of memory") }
        return hash
    }
}
