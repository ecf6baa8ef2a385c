import Glibc

/// A look at `data.mdb` from outside, before LMDB maps it: a file that is shorter than it claims would end the process by
/// SIGBUS at some later read, and LMDB has no check for that.
///
/// The file begins with two meta pages; the one with the higher transaction number counts. See LMDB's `lmdb.h` for the
/// terms; the layout is that of data version 1 on a 64-bit little-endian machine.
struct DataFile: ~Copyable {
    enum Finding: Equatable {
        /// There is no file, or an empty one.
        case nothing
        case plausible
    }

    static let headerSize = 16
    private static let magic: UInt32 = 0xBEEF_C0DE
    private static let version: UInt32 = 1
    private let descriptor: Int32
    private let path: String
    private let isRegular: Bool
    let size: Int

    /// - Throws: `.foreign` for a file that isn't LMDB's, `.corrupt` for one that is cut short.
    static func inspect(_ path: String) throws(StoreError) -> Finding {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        guard descriptor >= 0 else {
            switch errno {
            case ENOENT: return .nothing
            case ELOOP: throw foreign(path, "is a symbolic link")
            default: throw .failure(errno, "open \(path)")
            }
        }
        let file = DataFile(descriptor: descriptor, path: path)
        guard file.isRegular else { throw foreign(path, "is not a regular file") }
        guard file.size > 0 else { return .nothing }
        try file.check()
        return .plausible
    }

    private init(descriptor: Int32, path: String) {
        self.descriptor = descriptor
        self.path = path
        var information = stat()
        let isKnown = unsafe fstat(descriptor, &information) == 0
        isRegular = isKnown && information.st_mode & S_IFMT == S_IFREG
        size = isKnown ? Int(information.st_size) : 0
    }

    deinit { close(descriptor) }

    private func check() throws(StoreError) {
        let first = try meta(at: 0)
        guard first.pageSize >= 512, first.pageSize <= 65536, first.pageSize.nonzeroBitCount == 1 else {
            throw corrupt("names an impossible page size")
        }
        let second = try meta(at: first.pageSize)
        let newest = second.transaction > first.transaction ? second : first
        guard newest.lastPage < Int.max / newest.pageSize - 1 else { throw corrupt("names an impossible size") }
        let present = size / first.pageSize
        guard present <= newest.lastPage else { return }
        // Not yet a proof: LMDB leaves pages unwritten that were used and freed within one transaction, also at the end of
        // the file. All such pages are in its list of free pages.
        let free = try freePages(from: present, pageSize: first.pageSize, root: newest.freeRoot)
        guard newest.lastPage - present < free.count, (present...newest.lastPage).allSatisfy(free.contains) else {
            throw corrupt("has \(size) bytes and should have \((newest.lastPage + 1) * first.pageSize)")
        }
    }

    private struct Meta {
        let pageSize: Int
        let freeRoot: Int
        let lastPage: Int
        let transaction: UInt64
    }

    private func meta(at offset: Int) throws(StoreError) -> Meta {
        // The magic number first: of a file that isn't LMDB's nobody should say that it was cut short.
        let head = try bytes(at: offset, count: 20)
        guard head.integer(at: 10, width: 2) & 0x08 != 0, head.integer(at: 16, width: 4) == UInt64(Self.magic) else {
            throw offset == 0 ? Self.foreign(path, "is not an LMDB file") : corrupt("has a damaged second page")
        }
        let page = try bytes(at: offset, count: 152)
        let version = page.integer(at: 20, width: 4)
        guard version == UInt64(Self.version) else { throw Self.foreign(path, "is of LMDB's file format \(version), not 1") }
        guard let lastPage = Int(exactly: page.integer(at: 136, width: 8)) else { throw corrupt("names an impossible size") }
        return Meta(
            pageSize: Int(page.integer(at: 40, width: 4)),
            freeRoot: Int(truncatingIfNeeded: page.integer(at: 80, width: 8)), lastPage: lastPage,
            transaction: page.integer(at: 144, width: 8))
    }

    /// - Throws: `.corrupt` when the file ends before; `.foreign` when it ends before it could be known as LMDB's.
    func bytes(at offset: Int, count: Int) throws(StoreError) -> [UInt8] {
        guard offset >= 0, count <= size, offset <= size - count else {
            throw size < 20 ? Self.foreign(path, "is not an LMDB file") : corrupt("ends too early, after \(size) bytes")
        }
        var bytes = [UInt8](repeating: 0, count: count)
        let read = unsafe pread(descriptor, &bytes, count, offset)
        guard read == count else { throw .failure(read < 0 ? errno : EIO, "read \(path)") }
        return bytes
    }

    func corrupt(_ what: String) -> StoreError {
        StoreError(.corrupt, "\(path) \(what): it was damaged or cut short. Restore the store from a backup.")
    }

    private static func foreign(_ path: String, _ what: String) -> StoreError {
        StoreError(.foreign, "\(path) \(what), so this is not a store of this program. Choose another directory.")
    }
}

extension [UInt8] {
    /// A little-endian number.
    func integer(at offset: Int, width: Int) -> UInt64 {
        self[offset..<offset + width].reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }
}
