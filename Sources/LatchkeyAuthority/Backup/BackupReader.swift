package import LatchkeyCrypto

/// Reads a backup file, piece by piece, however it is cut: looks at every byte, and gives the content out as it comes. What it has given out is
/// good only once ``finish()`` has returned: the checksum stands at the end.
package struct BackupReader {
    private enum Place: Equatable {
        case magic, headerLength, header, chunkLength, chunk(Int), total, digest, end
    }

    private var place = Place.magic
    private var waiting: [UInt8] = []
    private let digest = SHA256Stream()
    private let whole = SHA256Stream()
    private let chunkSize: Int
    private let startDigest = SHA256Stream()
    private var headerSize = 0
    private let passphrase: Secret?
    private var key: Secret?
    private var stream: SealedStream?
    private var chunks = 0
    /// The chunk before the one that is being read: whether it was the last shows by what follows.
    private var held: [UInt8]?
    /// Bytes of the chunks so far.
    private var count: UInt64 = 0
    /// Whether what the content begins with, before the store's own bytes, was read.
    private var isPastPrelude = false
    /// Bytes of the file that were looked at.
    package private(set) var bytesRead: UInt64 = 0
    package private(set) var header: BackupHeader?
    /// The master key that the content held.
    package private(set) var masterKey: Secret?
    /// The checksum that the file ends with, of all before it, once it was found right.
    package private(set) var checksum: [UInt8]?
    /// SHA-256 of the whole file, once it was found right: what `sha256sum` says of it.
    package private(set) var sha256: [UInt8]?

    /// - Parameter passphrase: for a file that is encrypted; without it such a file is checked and its content is not given out.
    package init(passphrase: Secret? = nil) { self.init(passphrase: passphrase, chunkSize: BackupFormat.chunkSize) }

    /// - Parameter chunkSize: another than the form's only in tests.
    init(passphrase: Secret?, chunkSize: Int) {
        self.passphrase = passphrase
        self.chunkSize = chunkSize
    }

    /// Takes the next bytes of the file.
    ///
    /// - Parameter give: gets the store's bytes in their order.
    /// - Throws: `BackupError` for anything that no backup has; what `give` throws.
    package mutating func read(_ bytes: [UInt8], give: ([UInt8]) throws -> Void) throws {
        bytesRead += UInt64(bytes.count)
        if place != .end { whole.add(bytes) }
        waiting.append(contentsOf: bytes)
        var taken = 0
        while let size = try wanted(), waiting.count - taken >= size {
            let part = Array(waiting[taken..<(taken + size)])
            taken += size
            try take(part, give)
        }
        waiting.removeFirst(taken)
        guard place != .end || waiting.isEmpty else {
            throw BackupError(.damaged, "the file is damaged: there are bytes behind its end")
        }
        if place == .end, sha256 == nil { sha256 = whole.finish() }
    }

    /// - Throws: `.cutShort` when the end was not among what came.
    package func finish() throws(BackupError) {
        guard place != .end else { return }
        if case .magic = place {
            throw BackupError(
                .notABackup, bytesRead == 0 ? "the file is empty; it is not a backup" : "the file is not a backup of Latchkey")
        }
        throw BackupError(.cutShort, "the file is cut short: it ends after \(bytesRead) bytes, \(whereabouts)")
    }

    private var whereabouts: String {
        switch place {
        case .magic, .headerLength, .header: "in its header"
        case .chunkLength, .chunk: "in chunk \(chunks + 1) of its content"
        case .total, .digest, .end: "in its checksum"
        }
    }

    /// How many bytes the next part has.
    private func wanted() throws(BackupError) -> Int? {
        switch place {
        case .magic: BackupFormat.magic.count
        case .headerLength, .chunkLength: 4
        case .header: headerSize
        case .chunk(let size): size
        case .total: 8
        case .digest: BackupFormat.digestSize
        case .end: nil
        }
    }

    private mutating func take(_ part: [UInt8], _ give: ([UInt8]) throws -> Void) throws {
        if place != .digest { digest.add(part) }
        switch place {
        case .magic:
            try Self.check(magic: part)
            startDigest.add(part)
            place = .headerLength
        case .headerLength:
            startDigest.add(part)
            headerSize = Int(UInt32(backupBytes: part))
            guard (2...BackupFormat.greatestHeader).contains(headerSize) else {
                throw BackupError(.damaged, "the file is damaged: its header has an impossible length")
            }
            place = .header
        case .header:
            startDigest.add(part)
            try open(try BackupHeader(bytes: part))
            place = .chunkLength
        case .chunkLength:
            let size = Int(UInt32(backupBytes: part))
            guard size > 0 else {
                guard let last = held else { throw BackupError(.damaged, "the file is damaged: it has no content") }
                held = nil
                try put(last, isLast: true, give)
                place = .total
                return
            }
            let overhead = header?.encryption == nil ? 0 : SealedStream.overhead
            guard size > overhead, size <= chunkSize + overhead else { throw damagedChunk }
            // One that another follows is full: a content has one form only.
            guard (held?.count ?? chunkSize + overhead) == chunkSize + overhead else { throw damagedChunk }
            place = .chunk(size)
        case .chunk:
            if let before = held { try put(before, isLast: false, give) }
            held = part
            chunks += 1
            place = .chunkLength
        case .total:
            let overhead = header?.encryption == nil ? 0 : UInt64(chunks * SealedStream.overhead)
            guard UInt64(backupBytes: part) == count &- overhead, isPastPrelude || (stream == nil && header?.encryption != nil) else {
                throw BackupError(.damaged, "the file is damaged: its content is not as long as its end says")
            }
            place = .digest
        case .digest:
            guard digest.finish() == part else {
                throw BackupError(.damaged, "the file is damaged: its bytes are not those that its checksum was made of")
            }
            checksum = part
            place = .end
        case .end: break
        }
    }

    private static func check(magic: [UInt8]) throws(BackupError) {
        guard magic != BackupFormat.magic else { return }
        guard magic.starts(with: BackupFormat.kind) else { throw BackupError(.notABackup, "the file is not a backup of Latchkey") }
        throw BackupError(
            .newer, "the file is a backup of a form that this program does not know, or its first line is damaged; use a later one")
    }

    private mutating func open(_ header: BackupHeader) throws {
        self.header = header
        guard let encryption = header.encryption, let passphrase else { return }
        stream = try SealedStream(key: try encryption.key(passphrase), associatedData: startDigest.finish())
    }

    private var damagedChunk: BackupError {
        BackupError(.damaged, "the file is damaged: chunk \(chunks + 1) of its content is not what was written")
    }

    private mutating func put(_ chunk: [UInt8], isLast: Bool, _ give: ([UInt8]) throws -> Void) throws {
        count += UInt64(chunk.count)
        var plain = chunk
        if header?.encryption != nil {
            guard stream != nil else { return }
            do {
                plain = try stream!.open(chunk, isLast: isLast)
            } catch {
                throw BackupError(
                    .damaged,
                    "the file is damaged, or somebody changed it: chunk \(isLast ? chunks : chunks - 1) of its content does not open")
            }
        }
        guard isPastPrelude else {
            defer { plain.withUnsafeMutableBufferPointer { $0.update(repeating: 0) } }
            let size = plain.first.map(Int.init) ?? 0
            guard size == (header?.masterKey == true ? BackupFormat.masterKeySize : 0), plain.count > size else {
                throw BackupError(.damaged, "the file is damaged: its content begins with what no backup has")
            }
            if size > 0 { masterKey = Secret(count: size) { span in for index in span.indices { span[index] = plain[index + 1] } } }
            isPastPrelude = true
            if plain.count > size + 1 { try give(Array(plain[(size + 1)...])) }
            return
        }
        try give(plain)
    }
}
