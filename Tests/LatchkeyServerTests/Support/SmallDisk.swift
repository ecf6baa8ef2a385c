import Glibc

/// A file system of a few megabytes in memory over a directory.
final class SmallDisk {
    /// Whether this process may mount.
    static let isPossible: Bool = {
        let scratch = Scratch()
        guard let disk = SmallDisk(at: scratch.path, bytes: 1 << 20) else { return false }
        disk.remove()
        return true
    }()

    private let path: String

    /// `nil` where mounting isn't permitted.
    init?(at path: String, bytes: Int) {
        self.path = path
        guard mount("tmpfs", path, "tmpfs", 0, "size=\(bytes),mode=0755") == 0 else { return nil }
    }

    deinit { remove() }

    func remove() { umount2(path, 2) }
}
