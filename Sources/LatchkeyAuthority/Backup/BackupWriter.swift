package import LatchkeyCrypto

/// Writes a backup file, piece by piece: what goes in is the content, what comes out are the file's bytes in their order.
package struct BackupWriter {
    private let header: BackupHeader
    private let digest = SHA256Stream()
    private var stream: SealedStream?
    /// What the content begins with, which may hold the master key, until the first chunk takes it along.
    private var prelude: Secret?
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
        let size = masterKey?.count ?? 0
        prelude = Secret(count: size + 1) { span in
            span[0] = UInt8(size)
            guard let masterKey else { return }
            for index in 0..<size { span[index + 1] = masterKey.withBytes { $0[index] } }
        }
        precondition(size < chunkSize, "the first chunk takes the whole prelude")
        count = UInt64(size + 1)
        return start
    }

    package mutating func add(_ content: [UInt8]) throws -> [UInt8] {
        waiting.append(contentsOf: content)
        count += UInt64(content.count)
        var output: [UInt8] = []
        output.reserveCapacity(content.count + 64)
        while (prelude?.count ?? 0) + waiting.count > chunkSize { output += try chunk(of: chunkSize, isLast: false) }
        return output
    }

    /// The file's last bytes.
    package mutating func finish() throws -> [UInt8] {
        var output = try chunk(of: (prelude?.count ?? 0) + waiting.count, isLast: true)
        let end = UInt32(0).backupBytes + count.backupBytes
        digest.add(end)
        output += end
        return output + digest.finish()
    }

    /// The next chunk of the file, with so many bytes of the content.
    private mutating func chunk(of size: Int, isLast: Bool) throws -> [UInt8] {
        // Room for all of it from the start: an array that grows leaves what it held behind.
        var content: [UInt8] = []
        content.reserveCapacity(size)
        defer { content.withUnsafeMutableBufferPointer { $0.update(repeating: 0) } }
        prelude?.withBytes { bytes in for index in bytes.indices { content.append(bytes[index]) } }
        prelude = nil
        let rest = size - content.count
        content.append(contentsOf: waiting[..<rest])
        waiting.removeFirst(rest)
        return try chunk(content, isLast: isLast)
    }

    private mutating func chunk(_ content: [UInt8], isLast: Bool) throws -> [UInt8] {
        let sealed = try stream?.seal(content, isLast: isLast) ?? content
        let bytes = UInt32(sealed.count).backupBytes + sealed
        digest.add(bytes)
        return bytes
    }
}
