import LatchkeyCrypto

/// Seals private keys with AES-256-GCM under the master key. What is sealed opens only in the place that it was sealed for: the install's
/// id, the record's type, id and version are authenticated with it.
package struct Seal: Sendable {
    private let key: Secret
    private let installId: String
    /// Tells this master key from another; kept in the store.
    let check: String

    init(masterKey: Secret, installId: String) throws(CryptoError) {
        let salt = Array(installId.utf8)
        self.key = try HKDFSHA256.derive(from: masterKey, salt: salt, info: Array("latchkey seal 1".utf8), count: 32)
        self.check = Base64URL.encode(
            try HKDFSHA256.derive(from: masterKey, salt: salt, info: Array("latchkey seal check 1".utf8), count: 16))
        self.installId = installId
    }

    /// The sealed bytes as base64url, for a JSON record.
    func seal(_ secret: Secret, type: StaticString, id: String, version: Int) throws(CryptoError) -> String {
        Base64URL.encode(try AESGCM.seal(secret, key: key, associatedData: place(type, id, version)))
    }

    /// Throws when the master key is another one, or the bytes were changed or moved.
    func open(_ sealed: String, type: StaticString, id: String, version: Int) throws -> Secret {
        guard let bytes = Base64URL.decode(sealed) else { throw SealError.notSealed }
        return try AESGCM.open(bytes, key: key, associatedData: place(type, id, version))
    }

    /// Each part after its length, so that no two places have the same bytes.
    private func place(_ type: StaticString, _ id: String, _ version: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        for part in [installId, type.description, id, String(version)] {
            let utf8 = Array(part.utf8)
            bytes.append(UInt8(truncatingIfNeeded: utf8.count >> 8))
            bytes.append(UInt8(truncatingIfNeeded: utf8.count))
            bytes.append(contentsOf: utf8)
        }
        return bytes
    }
}

enum SealError: Error {
    case notSealed
}

/// Whether sealed records can be opened, and if not, why.
package enum SealState: Sendable, Equatable {
    case open
    case closed(reason: String)

    package var reason: String? {
        if case .closed(let reason) = self { reason } else { nil }
    }
}
