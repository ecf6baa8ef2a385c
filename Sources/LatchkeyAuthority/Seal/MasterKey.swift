import FoundationEssentials
import Glibc
package import LatchkeyCrypto
import LatchkeyStore

/// The key that seals everything private in the store. It lives outside the store: a stolen store alone opens nothing.
package enum MasterKey {
    /// Where the master key comes from.
    package enum Source: Sendable, Equatable {
        /// A file that this program may make at the very first start.
        case file(String)
        /// A file that somebody else provides, such as systemd's credentials directory: never made here.
        case provided(String)

        package var path: String {
            switch self {
            case .file(let path), .provided(let path): path
            }
        }

        /// The file itself, where the path is a link to it: a key is succeeded where it lies, not where it is linked from.
        var resolved: Source {
            guard case .file(let path) = self, let real = realpath(path, nil) else { return self }
            defer { free(real) }
            return .file(String(cString: real))
        }

        /// Takes away half-written files of attempts that were broken off. They are nobody's keys.
        func removeLeftovers() {
            guard case .file(let path) = self else { return }
            for whole in [path, MasterKey.successor(of: path)] { unlink(MasterKey.draft(of: whole)) }
        }

        /// Permission bits that must not be set. A service manager gives its service access through an ACL, whose mask shows as the group's
        /// right to read.
        fileprivate var forbiddenMode: mode_t {
            switch self {
            case .file: 0o077
            case .provided: 0o037
            }
        }
    }

    package enum Problem: Error, Sendable, Equatable {
        case missing
        /// Why it can't be used, without a word of its content.
        case unusable(String)
    }

    /// 256 bits.
    static let size = 32

    /// Reads the master key: 32 raw bytes, or their base64 or base64url text, perhaps with white space around it.
    ///
    /// - Parameter owner: whom the file may belong to besides this process's user and root: the service's own, where root reads it.
    package static func read(_ source: Source, owner: UInt32? = nil) throws(Problem) -> Secret {
        let descriptor = Glibc.open(source.path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            if errno == ENOENT { throw .missing }
            throw .unusable("can't be read: \(String(cString: strerror(errno)))")
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { throw .unusable("is not a file") }
        guard status.st_uid == geteuid() || status.st_uid == 0 || status.st_uid == owner else {
            throw .unusable("belongs to another user; give it to the service's own")
        }
        guard status.st_mode & source.forbiddenMode == 0 else {
            throw .unusable("can be read by others than its owner; set its mode to 0400")
        }
        var bytes = [UInt8](repeating: 0, count: 128)
        defer { for index in bytes.indices { bytes[index] = 0 } }
        var count = 0
        while count < bytes.count {
            let size = bytes.count - count
            let got = bytes.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress! + count, size) }
            guard got >= 0 else { throw .unusable("can't be read: \(String(cString: strerror(errno)))") }
            if got == 0 { break }
            count += got
        }
        guard let key = parse(Array(bytes[..<count])) else {
            throw .unusable("does not hold a master key: 32 bytes are needed, raw or in base64")
        }
        return key
    }

    private static func parse(_ bytes: [UInt8]) -> Secret? {
        if bytes.count == size { return Secret(copying: bytes) }
        let text = bytes.filter { ![9, 10, 13, 32].contains($0) }.map { byte -> UInt8 in
            switch byte {
            case UInt8(ascii: "+"): UInt8(ascii: "-")
            case UInt8(ascii: "/"): UInt8(ascii: "_")
            default: byte
            }
        }
        let unpadded = text.last == UInt8(ascii: "=") ? Array(text.dropLast()) : text
        guard let decoded = Base64URL.decode(unpadded), decoded.count == size else { return nil }
        return Secret(copying: decoded)
    }

    /// Where a master key waits that is to take the place of the one at `path`.
    static func successor(of path: String) -> String { path + ".next" }

    /// Where a master key is written before it has its name.
    static func draft(of path: String) -> String { path + ".new" }

    /// Where a master key is put that was succeeded.
    static func predecessor(of path: String) -> String { path + ".old" }

    /// Makes the key that is to succeed the one at `path`, beside it. What lies there already must be nobody's.
    static func createSuccessor(of path: String) throws -> Secret {
        unlink(successor(of: path))
        return try create(at: successor(of: path))
    }

    /// Puts the successor into its place, and what was there aside. Whatever is interrupted, one of the two names has the successor, and a start
    /// finds it under either.
    static func succeed(at path: String) throws(Problem) {
        let old = predecessor(of: path)
        unlink(old)
        guard link(path, old) == 0 || errno == ENOENT else {
            throw .unusable("the old master key can't be put aside as \(old): \(String(cString: strerror(errno)))")
        }
        guard rename(successor(of: path), path) == 0 else {
            throw .unusable("it can't be moved to \(path): \(String(cString: strerror(errno)))")
        }
        _ = DurableNames.keep(in: directory(of: path))
    }

    /// Makes a new master key and puts it where it belongs, readable by its owner alone and on disk before this returns. Never replaces a
    /// file.
    static func create(at path: String) throws -> Secret {
        let key = try Random.secret(size)
        try put(key, at: path)
        return key
    }

    /// As ``create(at:)``, for a key that there is already.
    ///
    /// - Throws: `.unusable` when it can't be written there, or something has the name.
    package static func put(_ key: Secret, at path: String) throws(Problem) {
        // Written aside and then linked, so that a half-written key never has its name; what a crash left aside is nobody's key.
        let aside = draft(of: path)
        unlink(aside)
        let descriptor = Glibc.open(aside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o400)
        guard descriptor >= 0 else { throw Problem.unusable("can't be made: \(String(cString: strerror(errno)))") }
        defer {
            close(descriptor)
            unlink(aside)
        }
        var line = Array(Base64URL.encode(key).utf8) + [10]
        defer { for index in line.indices { line[index] = 0 } }
        let written = line.withUnsafeBytes { write(descriptor, $0.baseAddress!, $0.count) }
        guard written == line.count, fsync(descriptor) == 0, link(aside, path) == 0 else { throw unwritten(errno) }
        let number = DurableNames.keep(in: directory(of: path))
        guard number == 0 else { throw unwritten(number) }
    }

    private static func unwritten(_ number: CInt) -> Problem { .unusable("can't be written: \(String(cString: strerror(number)))") }

    private static func directory(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }
}
