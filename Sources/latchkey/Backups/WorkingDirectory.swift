import FoundationEssentials
import Glibc
import LatchkeyAuthority

/// Where a backup is opened for a look: a directory that is this user's alone, and that is gone with the command, also when a signal ends that.
enum WorkingDirectory {
    private static let large = "/var/tmp"

    /// In `TMPDIR`, else where large files of the system go.
    static func make() throws(BackupError) -> PrivateDirectory {
        let given = ProcessInfo.processInfo.environment["TMPDIR"] ?? ""
        guard given.hasPrefix("/") else { return try make(in: large) }
        // Root's own may be closed to the user that it went on as.
        return try make(in: OwnerIdentity.isTaken && access(given, W_OK | X_OK) != 0 ? large : given)
    }

    static func make(in parent: String) throws(BackupError) -> PrivateDirectory {
        let directory = try PrivateDirectory.make(in: parent)
        Leftover.expect(all: directory.names)
        return directory
    }
}
