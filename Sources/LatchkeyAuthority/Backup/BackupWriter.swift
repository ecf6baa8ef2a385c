package import LatchkeyCrypto

/// Writes a backup file, piece by piece: what goes in is the content, what comes out are the file's bytes in their order.
package struct BackupWriter {
    private let header: BackupHeader
    private let digest = SHA256Stream()
    private var stream: SealedStream?
    /// Content that waits: the last chunk of an encrypted file is sealed otherwise than those before it.
    private var waiting: [UInt8] = []
    private var count: UInt64 = 0
    private let chunkSize: Int
    private let start: [UInt8]

    /// - Parameters:
    ///   - key: of the content; exactly when the header names an encryption.
    ///   - chunkSize: smaller than the form's only in tests.
    init(_ header: BackupHeader, key: Secret?, chunkSize: Int = BackupFormat.chunkSize) throws {
        precondition((header.encryption == nil) == (key == nil), "a key goes with an encryption")
        self.header = header
        self.chunkSize = chunkSize
        let text = try header.bytes()
        start = BackupFormat.magic + UInt32(text.count).backupBytes + text
        if let key { stream = try SealedStream(key: key, associatedData: SHA256.hash(start)) }
    }

    /// The file's first bytes.
    ///
    /// - Parameter masterKey: to be put into the content; only where that is encrypted.
    package mutating func begin(masterKey: Secret?) throws -> [UInt8] {
        precondition((masterKey != nil) == header.masterKey, "the header says whether there is a master key")
        digest.add(start)
        waiting.append(UInt8(masterKey?.count ?? 0))
        masterKey?.withBytes { bytes in for index in bytes.indices { waiting.append(bytes[index]) } }
        count = UInt64(waiting.count)
        return start
    }

    package mutating func add(_ content: [UInt8]) throws -> [UInt8] {
        waiting.append(contentsOf: content)
        count += UInt64(content.count)
        var output: [UInt8] = []
        output.reserveCapacity(content.count + 64)
        while waiting.count > chunkSize {
            output += try chunk(Array(waiting[..<chunkSize]), isLast: false)
            waiting.removeFirst(chunkSize)
        }
        return output
    }

    /// The file's last bytes.
    package mutating func finish() throws -> [UInt8] {
        var output = try chunk(waiting, isLast: true)
        wipe()
        let end = UInt32(0).backupBytes + count.backupBytes
        digest.add(end)
        output += end
        return output + digest.finish()
    }

    private mutating func chunk(_ content: [UInt8], isLast: Bool) throws -> [UInt8] {
        let sealed = try stream?.seal(content, isLast: isLast) ?? content
        let bytes = UInt32(sealed.count).backupBytes + sealed
        digest.add(bytes)
        return bytes
    }

    /// It may have held the master key.
    private mutating func wipe() {
        for index in waiting.indices { waiting[index] = 0 }
        waiting = []
    }
}
