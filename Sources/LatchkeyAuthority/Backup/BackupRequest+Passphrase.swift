package import LatchkeyCrypto
@_spi(_Unicode) import Swift

extension BackupRequest {
    /// Bytes of a passphrase, wherever it is given.
    package static let passphraseBytes = 8...1024

    /// A passphrase as keys are made from it: text on one line, in the form NFC, so that it opens what it closed wherever it is typed.
    ///
    /// - Parameter bytes: wiped by whoever has them.
    /// - Returns: `nil` for what can't be one: too short, too long, no text, or with control characters, which nobody can type again.
    package static func passphrase(_ bytes: Span<UInt8>) -> Secret? {
        guard bytes.count <= passphraseBytes.upperBound else { return nil }
        guard bytes.indices.contains(where: { bytes[$0] >= 0x80 }) else { return checked(Secret(copying: bytes)) }
        var text: [UInt8] = []
        text.reserveCapacity(bytes.count)
        defer { text.withUnsafeMutableBufferPointer { $0.update(repeating: 0) } }
        for index in bytes.indices { text.append(bytes[index]) }
        guard let given = String(validating: text, as: UTF8.self) else { return nil }
        var normal: [UInt8] = []
        normal.reserveCapacity(4 * text.count)
        defer { normal.withUnsafeMutableBufferPointer { $0.update(repeating: 0) } }
        for scalar in given._nfc { normal.append(contentsOf: UTF8.encode(scalar)!) }
        return checked(Secret(copying: normal))
    }

    private static func checked(_ passphrase: Secret) -> Secret? {
        guard passphraseBytes.contains(passphrase.count) else { return nil }
        let isOneLine = passphrase.withBytes { bytes in bytes.indices.allSatisfy { bytes[$0] >= 0x20 && bytes[$0] != 0x7F } }
        return isOneLine ? passphrase : nil
    }

    /// What is said of a passphrase that is none.
    package static var passphraseRule: String {
        "a passphrase has \(passphraseBytes.lowerBound) to \(passphraseBytes.upperBound) bytes of text on one line, without control characters; "
            + "several words are a good one"
    }
}
