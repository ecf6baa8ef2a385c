import Glibc
package import LatchkeyCrypto

/// A backup file on disk, opened once: what was checked is what is read.
package struct BackupFile: ~Copyable {
    package let path: String
    /// Bytes of the file.
    package let size: Int64
    private let descriptor: Int32

    /// What a whole reading gave.
    package struct Content: Sendable {
        package let header: BackupHeader
        package let masterKey: Secret?
        /// SHA-256 of all but the last 32 bytes of the file, which say it.
        package let checksum: [UInt8]
        /// SHA-256 of the whole file, as `sha256sum` prints it.
        package let sha256: [UInt8]
        /// Bytes of the store.
        package let storeBytes: Int64
    }

    /// - Throws: `.unavailable` when it can't be opened, or is no file.
    package init(path: String) throws(BackupError) {
        descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw BackupError.system("\(path) can't be opened") }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            close(descriptor)
            throw BackupError(.unavailable, "\(path) is not a file")
        }
        self.path = path
        size = Int64(status.st_size)
    }

    deinit { close(descriptor) }

    /// What it says of itself before its content, which is not looked at: until the whole file was read and checked, nobody vouches for it.
    ///
    /// - Throws: `BackupError` `.notABackup`, `.newer`, `.damaged`, `.cutShort` for what stands there; `.unavailable` when it can't be read.
    package borrowing func header() throws -> BackupHeader {
        var reader = BackupReader()
        var bytes = [UInt8](repeating: 0, count: BackupFormat.magic.count + 4 + BackupFormat.greatestHeader)
        let count = try fill(&bytes, at: 0)
        // A piece at a time: what comes behind the header is for later.
        for byte in bytes[..<count] where reader.header == nil { try reader.read([byte]) { _ in } }
        guard let header = reader.header else {
            try reader.finish()
            throw BackupError(.damaged, "the file is damaged: its header can't be read")
        }
        return header
    }

    /// Reads it from its beginning to its end, and checks every byte.
    ///
    /// - Parameters:
    ///   - directory: where the store's data file is written, which is not there yet; `nil` only checks.
    ///   - passphrase: of a file that is encrypted.
    ///   - progress: told how many bytes were read.
    /// - Throws: `BackupError`; then nothing is left in the directory.
    package borrowing func extract(
        into directory: String?, passphrase: Secret?, progress: (Int64) -> Void = { _ in }
    ) throws -> Content {
        if directory != nil, passphrase == nil, try header().encryption != nil {
            throw BackupError(.passphraseNeeded, "\(path) is encrypted: its passphrase is needed")
        }
        var reader = BackupReader(passphrase: passphrase)
        let data = try directory.map { try DataOutput(path: $0 + "/data.mdb") }
        var isDone = false
        defer { if !isDone { data?.remove() } }
        var bytes = [UInt8](repeating: 0, count: 1 << 18)
        var offset: Int64 = 0
        var written: Int64 = 0
        while true {
            let count = try fill(&bytes, at: offset)
            if count == 0 { break }
            offset += Int64(count)
            try reader.read(count == bytes.count ? bytes : Array(bytes[..<count])) { part in
                written += Int64(part.count)
                try data?.write(part)
            }
            progress(offset)
        }
        try reader.finish()
        guard let header = reader.header, let checksum = reader.checksum, let sha256 = reader.sha256 else {
            throw BackupError(.damaged, "the file is damaged: its header can't be read")
        }
        try data?.finish()
        isDone = true
        return Content(header: header, masterKey: reader.masterKey, checksum: checksum, sha256: sha256, storeBytes: written)
    }

    private borrowing func fill(_ bytes: inout [UInt8], at offset: Int64) throws(BackupError) -> Int {
        var count = 0
        while count < bytes.count {
            let size = bytes.count - count
            let read = bytes.withUnsafeMutableBytes { pread(descriptor, $0.baseAddress! + count, size, off_t(offset) + count) }
            if read < 0, errno == EINTR { continue }
            guard read >= 0 else { throw BackupError.system("\(path) can't be read") }
            if read == 0 { break }
            count += read
        }
        return count
    }
}

/// The store's data file that is being written, for its owner alone.
private struct DataOutput {
    private let path: String
    private let descriptor: Int32

    init(path: String) throws(BackupError) {
        descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw BackupError.system("\(path) can't be made") }
        self.path = path
    }

    func write(_ bytes: [UInt8]) throws(BackupError) {
        var offset = 0
        while offset < bytes.count {
            let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress! + offset, bytes.count - offset) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw failure }
            offset += count
        }
    }

    func finish() throws(BackupError) {
        guard fsync(descriptor) == 0 else { throw failure }
        close(descriptor)
    }

    func remove() {
        close(descriptor)
        unlink(path)
    }

    private var failure: BackupError { .system("\(path) can't be written") }
}
