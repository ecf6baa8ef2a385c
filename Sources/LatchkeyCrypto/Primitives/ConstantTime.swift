import COpenSSL

/// Comparison that doesn't tell by its duration where two texts differ.
package enum ConstantTime {
    /// Whether both have the same bytes, in a time that depends on their lengths alone.
    package static func equal(_ a: [UInt8], _ b: [UInt8]) -> Bool {
        guard a.count == b.count else { return false }
        return unsafe a.withUnsafeBufferPointer { a in
            unsafe b.withUnsafeBufferPointer { b in unsafe a.isEmpty || CRYPTO_memcmp(a.baseAddress, b.baseAddress, a.count) == 0 }
        }
    }
}
