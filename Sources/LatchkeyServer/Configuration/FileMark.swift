import Glibc

/// What tells a file from a later one of the same name. Inode numbers are reused at once on common file systems, so the time of the last change
/// and the size count, too.
struct FileMark: Sendable, Equatable {
    private let device: dev_t
    private let inode: ino_t
    private let size: Int
    private let changed: Int
    private let changedNanoseconds: Int

    /// The file of a path as it is now; `nil` when there is none.
    ///
    /// - Parameter followsLinks: whether a link stands for the file that it leads to, or for itself.
    init?(_ path: String, followsLinks: Bool) {
        var status = stat()
        guard (followsLinks ? stat(path, &status) : lstat(path, &status)) == 0 else { return nil }
        device = status.st_dev
        inode = status.st_ino
        size = Int(status.st_size)
        changed = status.st_ctim.tv_sec
        changedNanoseconds = status.st_ctim.tv_nsec
    }
}
