import COpenSSL

/// Bytes that must not leave the process by accident: keys, API keys, refresh tokens.
///
/// The memory is libcrypto's secure heap while `SecureHeap` is started and has room (locked, out of core dumps), ordinary memory
/// otherwise, and is wiped when the last reference goes. The bytes never change after construction, so any thread may read them.
/// There is no description, no reflection and no coding: whoever wants the content says so with `withBytes`, and answers for
/// every copy.
@safe package final class Secret: Sendable {
    private nonisolated(unsafe) let storage: UnsafeMutableBufferPointer<UInt8>

    /// A secret of `count` bytes that `filling` writes in place; they are zero before. Throws what `filling` throws.
    package init<E: Error>(count: Int, filling: (inout MutableSpan<UInt8>) throws(E) -> Void) throws(E) {
        unsafe storage = Self.allocate(count)
        var span = unsafe storage.mutableSpan
        try filling(&span)
    }

    /// Copies; the original is the caller's, and not wiped.
    package convenience init(copying bytes: Span<UInt8>) {
        self.init(count: bytes.count) { span in
            for index in bytes.indices { span[index] = bytes[index] }
        }
    }

    /// Copies; an array's own memory can't be wiped reliably, so prefer `init(count:filling:)` where there is a choice.
    package convenience init(copying bytes: [UInt8]) {
        self.init(copying: bytes.span)
    }

    deinit {
        unsafe COpenSSL_secure_clear_free(storage.baseAddress, storage.count)
    }

    package var count: Int { unsafe storage.count }

    /// Lends the bytes for the length of `body`.
    package func withBytes<R, E: Error>(_ body: (Span<UInt8>) throws(E) -> R) throws(E) -> R {
        try unsafe body(UnsafeBufferPointer(storage).span)
    }

    /// Whether both hold the same bytes, in a time that depends on their lengths alone.
    package func equals(_ other: Secret) -> Bool {
        unsafe count == other.count && CRYPTO_memcmp(storage.baseAddress, other.storage.baseAddress, count) == 0
    }

    /// Zeroed memory; never without an address, because some of libcrypto's calls take a null pointer as "not given".
    private static func allocate(_ count: Int) -> UnsafeMutableBufferPointer<UInt8> {
        precondition(count >= 0, "a secret can't have a negative size")
        let size = max(count, 1)
        // A secure heap that is full answers null: a key in ordinary memory, wiped all the same, is better than no service.
        guard let memory = unsafe COpenSSL_secure_malloc(size) ?? COpenSSL_malloc(size) else { preconditionFailure("out of memory") }
        let bytes = unsafe memory.bindMemory(to: UInt8.self, capacity: size)
        unsafe bytes.initialize(repeating: 0, count: size)
        return unsafe UnsafeMutableBufferPointer(start: bytes, count: count)
    }
}

/// Reflection, and with it `dump` and debuggers' summaries, sees an object without parts.
extension Secret: CustomReflectable {
    package var customMirror: Mirror {
        Mirror(self, children: [], displayStyle: .class, ancestorRepresentation: .suppressed)
    }
}
