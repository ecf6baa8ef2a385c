import FoundationEssentials
import Glibc
import LatchkeyAuthority

/// Where a backup is opened for a look: a directory that is this user's alone.
enum WorkingDirectory {
    /// In `TMPDIR`, else where large files of the system go.
    static func make() throws(BackupError) -> PrivateDirectory {
        let given = ProcessInfo.processInfo.environment["TMPDIR"] ?? ""
        return try PrivateDirectory.make(in: given.hasPrefix("/") ? given : "/var/tmp")
    }
}
