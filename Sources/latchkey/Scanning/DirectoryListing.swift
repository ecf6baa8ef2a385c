import Glibc

/// What is in a directory.
enum DirectoryListing {
    /// The names in it, in the order of their bytes, without `.` and `..`. A link in place of the directory is not followed.
    static func names(in path: RawPath, followsLink: Bool) throws(SystemError) -> [[CChar]] {
        let descriptor = open(path.bytes, O_RDONLY | O_DIRECTORY | O_CLOEXEC | (followsLink ? 0 : O_NOFOLLOW))
        guard descriptor >= 0 else { throw SystemError(number: errno) }
        guard let stream = fdopendir(descriptor) else {
            let number = errno
            close(descriptor)
            throw SystemError(number: number)
        }
        defer { closedir(stream) }
        let dot = CChar(UInt8(ascii: "."))
        var names: [[CChar]] = []
        while true {
            errno = 0
            guard let entry = readdir(stream) else {
                guard errno == 0 else { throw SystemError(number: errno) }
                break
            }
            let name = Self.name(of: entry)
            if name != [dot], name != [dot, dot] { names.append(name) }
        }
        return names.sorted { $0.lexicographicallyPrecedes($1) }
    }

    /// The record ends with the name, which may be shorter than the field that it is declared with.
    private static func name(of entry: UnsafeMutablePointer<dirent>) -> [CChar] {
        guard let offset = MemoryLayout<dirent>.offset(of: \.d_name) else { preconditionFailure("a directory's entry has no name") }
        let start = UnsafeRawPointer(entry).advanced(by: offset).assumingMemoryBound(to: CChar.self)
        return Array(UnsafeBufferPointer(start: start, count: strlen(start)))
    }
}
