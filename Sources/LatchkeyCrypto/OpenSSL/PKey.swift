import COpenSSL

/// Owns one `EVP_PKEY`.
///
/// The key is never changed after construction. libcrypto allows any number of threads to use such a key; what they share
/// inside it (locks, blinding state) is why the signing paths give each user a `duplicate()`.
@safe final class PKey: @unchecked Sendable {
    let pointer: OpaquePointer

    /// Takes over the reference; `nil` stands for a failure of the call that made it.
    init(owning pointer: OpaquePointer?, orThrow error: @autoclosure () -> CryptoError) throws(CryptoError) {
        guard let pointer = unsafe pointer else { throw error() }
        unsafe self.pointer = pointer
    }

    deinit { unsafe EVP_PKEY_free(pointer) }

    /// Exactly plain RSA: a key restricted to RSA-PSS has another type, and can't make RS256 signatures.
    var isRSA: Bool { unsafe EVP_PKEY_is_a(pointer, "RSA") == 1 }

    /// A deep copy that shares no lock and no state with this key.
    func duplicate() throws(CryptoError) -> PKey {
        try unsafe PKey(owning: EVP_PKEY_dup(pointer), orThrow: OpenSSL.outOfMemory())
    }

    /// A public integer of the key as big-endian bytes without leading zeros.
    func publicInteger(_ name: String) throws(CryptoError) -> [UInt8] {
        var number: OpaquePointer?
        guard unsafe EVP_PKEY_get_bn_param(pointer, name, &number) == 1 else {
            throw OpenSSL.failure(.malformedKey, "the key has no public part that can be read; export it again")
        }
        defer { unsafe BN_free(number) }
        var bytes = [UInt8](repeating: 0, count: Int(unsafe (BN_num_bits(number) + 7) / 8))
        _ = unsafe bytes.withUnsafeMutableBufferPointer { unsafe BN_bn2bin(number, $0.baseAddress) }
        return bytes
    }
}
