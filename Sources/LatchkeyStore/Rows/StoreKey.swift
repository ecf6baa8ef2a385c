/// A table's key. LMDB orders keys by their bytes, so `storeBytes` decides the order of a scan.
///
/// LMDB holds keys of 1 to 511 bytes. To a read or a delete any other key is "not found"; a put refuses it with
/// ``StoreError/Code/invalidKey``.
package protocol StoreKey: Sendable {
    var storeBytes: [UInt8] { get }

    /// `nil` when the bytes are not a key of this type.
    init?(storeBytes: [UInt8])
}

/// The longest key that LMDB holds, in bytes, as Debian builds it.
package let storeKeyLimit = 511

extension [UInt8]: StoreKey {
    package var storeBytes: [UInt8] { self }

    package init?(storeBytes: [UInt8]) { self = storeBytes }
}

/// UTF-8, unnormalised: keys that look alike but differ in bytes are different keys.
extension String: StoreKey {
    package var storeBytes: [UInt8] { Array(utf8) }

    package init?(storeBytes: [UInt8]) { self.init(validating: storeBytes, as: UTF8.self) }
}

/// Eight bytes, big-endian, so that a scan runs in the order of the numbers.
extension UInt64: StoreKey {
    package var storeBytes: [UInt8] {
        (0..<8).map { UInt8(truncatingIfNeeded: self >> (56 - 8 * $0)) }
    }

    package init?(storeBytes: [UInt8]) {
        guard storeBytes.count == 8 else { return nil }
        self = storeBytes.reduce(0) { $0 << 8 | UInt64($1) }
    }
}
