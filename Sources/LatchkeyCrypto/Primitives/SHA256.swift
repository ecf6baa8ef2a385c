import COpenSSL

/// SHA-256 (FIPS 180-4). Every hash has 32 bytes.
package enum SHA256 {
    /// A hash that lives on the stack.
    typealias Digest = InlineArray<32, UInt8>

    package static func hash(_ bytes: [UInt8]) -> [UInt8] { hash(bytes.span) }

    package static func hash(_ secret: Secret) -> [UInt8] { secret.withBytes { hash($0) } }

    package static func hash(_ bytes: Span<UInt8>) -> [UInt8] {
        let digest = digest(bytes)
        return unsafe [UInt8](unsafeUninitializedCapacity: 32) { buffer, count in
            for index in 0..<32 { unsafe buffer.initializeElement(at: index, to: digest[index]) }
            count = 32
        }
    }

    static func digest(_ bytes: Span<UInt8>) -> Digest {
        var digest = Digest(repeating: 0)
        var span = digest.mutableSpan
        let done = unsafe span.withUnsafeMutableBufferPointer { output in
            unsafe bytes.withUnsafeBufferPointer { input in
                unsafe EVP_Digest(input.baseAddress, input.count, output.baseAddress, nil, Algorithms.sha256, nil)
            }
        }
        // Hashing has one way to fail, and a wrong hash must never be used in place of a missing one.
        guard done == 1 else { preconditionFailure("out of memory") }
        return digest
    }
}
