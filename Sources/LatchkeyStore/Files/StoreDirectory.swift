import Glibc

/// The directory that a store lives in.
struct StoreDirectory {
    let path: String

    /// Makes the directory, with mode 0700, when there is nothing yet; its parents must exist.
    init(_ path: String) throws(StoreError) {
        self.path = path
        if unsafe mkdir(path, 0o700) == 0 {
            try Self.sync(Self.parent(of: path))
        } else if errno != EEXIST {
            let number = errno
            guard number != ENOENT else {
                throw StoreError(.notOpenable, "can't make the directory \(path): its parent doesn't exist; make that first", cause: number)
            }
            throw .failure(number, "make the directory \(path)")
        }
        var information = stat()
        guard unsafe stat(path, &information) == 0 else { throw .failure(errno, "look at the directory \(path)") }
        guard information.st_mode & S_IFMT == S_IFDIR else {
            throw StoreError(.notOpenable, "\(path) is not a directory; give the store a directory", cause: ENOTDIR)
        }
    }

    /// Whether there is a file in it that could be a store's.
    static func holdsFile(_ path: String) -> Bool {
        var information = stat()
        return unsafe stat("\(path)/data.mdb", &information) == 0
    }

    var dataFile: String { "\(path)/data.mdb" }

    /// Makes the names of new files survive a power cut.
    func sync() throws(StoreError) { try Self.sync(path) }

    private static func sync(_ path: String) throws(StoreError) {
        let number = DurableNames.keep(in: path)
        guard number == 0 else { throw .failure(number, "make the directory \(path) durable") }
    }

    private static func parent(of path: String) -> String {
        var parts = path.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: true)
        _ = parts.popLast()
        let joined = parts.map { String(Substring($0)) }.joined(separator: "/")
        if path.utf8.first == UInt8(ascii: "/") { return "/" + joined }
        return joined.isEmpty ? "." : joined
    }
}
