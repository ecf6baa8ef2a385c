import COpenSSL

/// scrypt (RFC 7914): a key from something that a person can remember, made dear to guess.
package enum Scrypt {
    /// What a derivation costs: 128 × `blockSize` × 2^`logCost` bytes of memory, `parallelism` times.
    package struct Cost: Sendable, Equatable {
        package let logCost: Int
        package let blockSize: Int
        package let parallelism: Int

        /// `nil` for what is outside the bounds: a file that somebody else made must not decide how much memory this process takes.
        package init?(logCost: Int, blockSize: Int, parallelism: Int) {
            guard (10...18).contains(logCost), blockSize == 8, (1...4).contains(parallelism) else { return nil }
            self.logCost = logCost
            self.blockSize = blockSize
            self.parallelism = parallelism
        }

        /// 64 MiB, twice.
        package static let standard = Cost(logCost: 16, blockSize: 8, parallelism: 2)!

        fileprivate var memory: UInt64 { UInt64(128 * blockSize) * (UInt64(1) << UInt64(logCost) + UInt64(parallelism) + 4) }
    }

    /// Derives `count` bytes, 1 to 64.
    ///
    /// Throws `.invalidArgument` for another count or an empty secret.
    package static func derive(from secret: Secret, salt: [UInt8], cost: Cost, count: Int) throws(CryptoError) -> Secret {
        guard (1...64).contains(count), secret.count > 0 else {
            throw CryptoError(.invalidArgument, "1 to 64 bytes are derived from a passphrase that is not empty")
        }
        return try Secret(count: count) { (output) throws(CryptoError) in
            let done = unsafe output.withUnsafeMutableBufferPointer { output in
                secret.withBytes { secret in
                    unsafe secret.withUnsafeBufferPointer { secret in
                        unsafe salt.withUnsafeBufferPointer { salt in
                            unsafe UnsafeRawPointer(secret.baseAddress!).withMemoryRebound(to: CChar.self, capacity: secret.count) {
                                unsafe EVP_PBE_scrypt(
                                    $0, secret.count, salt.baseAddress, salt.count, UInt64(1) << UInt64(cost.logCost),
                                    UInt64(cost.blockSize), UInt64(cost.parallelism), cost.memory, output.baseAddress, output.count)
                            }
                        }
                    }
                }
            }
            guard done == 1 else {
                throw OpenSSL.failure(.unavailable, "no key could be derived from the passphrase; free memory and try again")
            }
        }
    }
}
