import LatchkeyCrypto

/// The form of a backup file, to the byte. Numbers are big-endian.
///
/// | bytes | what |
/// | --- | --- |
/// | 18 | `latchkey-backup 1` and a newline: the kind of file and the number of its form |
/// | 4 | length of the header, 2 to 4,096 |
/// | … | the header: one JSON object (``BackupHeader``), UTF-8 |
/// | 4 | length of a chunk, 1 to 65,536, and 16 more where it is encrypted |
/// | … | the chunk |
/// | … | more chunks, each after its length; each but the last has 65,536 bytes before encryption |
/// | 4 | 0: there are no more chunks |
/// | 8 | bytes of the content, before encryption |
/// | 32 | SHA-256 of every byte before these |
///
/// The chunks together are the content: one byte that says how long a master key follows, 0 or 32; the master key; the store's data file, an
/// LMDB file without free pages. A master key is only in a content that is encrypted.
///
/// Where the header names an `encryption`, each chunk is sealed with AES-256-GCM in the order of a ``SealedStream``, so that none can be
/// changed, left out, moved or added without the passphrase. Its key is HKDF-SHA-256 of the scrypt of the passphrase, and its associated data
/// the SHA-256 of all bytes before the first chunk, so that the header can't be changed either. The checksum at the end needs no passphrase: it
/// tells a file that was damaged from one that somebody else made.
enum BackupFormat {
    static let magic = Array("latchkey-backup 1\n".utf8)
    /// What every form of a backup begins with.
    static let kind = Array("latchkey-backup ".utf8)
    static let greatestHeader = 4096
    static let chunkSize = 65_536
    static let digestSize = 32
    static let masterKeySize = 32
    static let saltSize = 16

    /// What a passphrase gives for a salt: the key that chunks are sealed with, and a value that tells the right passphrase from a wrong one.
    static func keys(
        _ passphrase: Secret, salt: [UInt8], cost: Scrypt.Cost
    ) throws(CryptoError) -> (key: Secret, check: [UInt8]) {
        let root = try Scrypt.derive(from: passphrase, salt: salt, cost: cost, count: 32)
        let key = try HKDFSHA256.derive(from: root, salt: salt, info: Array("latchkey backup 1".utf8), count: 32)
        let check = try HKDFSHA256.derive(from: root, salt: salt, info: Array("latchkey backup check 1".utf8), count: 16)
        return (key, check.withBytes { bytes in bytes.indices.map { bytes[$0] } })
    }
}

extension FixedWidthInteger where Self: UnsignedInteger {
    /// Big-endian.
    var backupBytes: [UInt8] {
        stride(from: Self.bitWidth - 8, through: 0, by: -8).map { UInt8(truncatingIfNeeded: self >> Self($0)) }
    }

    init(backupBytes: some Sequence<UInt8>) { self = backupBytes.reduce(0) { $0 << 8 | Self($1) } }
}
