import FoundationEssentials
import Glibc

/// A directory for one process and its user alone, in which a backup is opened. It goes away with this; what a killed process left is cleared
/// by the next one that looks for room in the same place.
package final class PrivateDirectory: Sendable {
    private static let prefix = "latchkey-drill-"
    private static let lockName = "in-use"

    package let path: String
    private let lock: Int32

    /// - Parameter parent: a directory that this user may write, with room for the store.
    /// - Throws: `.unavailable` when none can be made there.
    package static func make(in parent: String) throws(BackupError) -> PrivateDirectory {
        clear(parent)
        var template = Array("\(parent)/\(prefix)XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else {
            throw BackupError(
                .unavailable, "no directory can be made in \(parent): \(String(cString: strerror(errno))); name another in TMPDIR")
        }
        let path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        // It has its name once it is locked: nobody who clears up finds it free in between.
        let lock = open("\(path)/\(lockName).new", O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        let directory = PrivateDirectory(path, lock)
        guard lock >= 0, flock(lock, LOCK_EX | LOCK_NB) == 0, rename("\(path)/\(lockName).new", "\(path)/\(lockName)") == 0 else {
            throw BackupError.system("no directory can be kept in \(parent)")
        }
        return directory
    }

    private init(_ path: String, _ lock: Int32) {
        self.path = path
        self.lock = lock
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
        close(lock)
    }

    /// Everything that a look at a store in its directory `store` puts here, in the order in which it can be removed, for a process that is ended.
    package var names: [String] {
        StoreFiles.paths(in: path + "/store") + ["report.json", Self.lockName, Self.lockName + ".new"].map { "\(path)/\($0)" } + [path]
    }

    /// A directory of that name inside.
    package func directory(_ name: String) throws(BackupError) -> String {
        guard mkdir("\(path)/\(name)", 0o700) == 0 else {
            throw BackupError.system("no directory can be made in \(path)")
        }
        return "\(path)/\(name)"
    }

    /// Removes what this user's killed processes left: their locks went with them.
    private static func clear(_ parent: String) {
        for name in (try? FileManager.default.contentsOfDirectory(atPath: parent)) ?? [] where name.hasPrefix(prefix) {
            let left = "\(parent)/\(name)"
            var status = stat()
            guard lstat(left, &status) == 0, status.st_mode & S_IFMT == S_IFDIR, status.st_uid == geteuid() else { continue }
            let lock = open("\(left)/\(lockName)", O_RDWR | O_CLOEXEC | O_NOFOLLOW)
            // One without a lock is being made right now, or was half removed: its name is nobody's after an hour.
            if lock < 0 {
                if time(nil) - status.st_mtim.tv_sec > 3600 { try? FileManager.default.removeItem(atPath: left) }
                continue
            }
            if flock(lock, LOCK_EX | LOCK_NB) == 0 { try? FileManager.default.removeItem(atPath: left) }
            close(lock)
        }
    }
}
