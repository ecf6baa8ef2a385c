import Glibc
import LatchkeyAuthority
import LatchkeyCrypto

/// The master key that a drill opens keys with, from where it is found.
struct FoundMasterKey {
    let key: Secret
    /// A file's path, or `the backup`.
    let source: String

    /// - Throws: `.failed` when the file holds no master key, or can't be read.
    static func read(_ path: String) throws(CommandFailure) -> FoundMasterKey {
        do throws(MasterKey.Problem) {
            return FoundMasterKey(key: try MasterKey.read(.provided(path), owner: Self.owner(of: path)), source: path)
        } catch {
            switch error {
            case .missing: throw CommandFailure(.failed, "there is no master key at \(path)")
            case .unusable(let why): throw CommandFailure(.failed, "the master key \(path) \(why)")
            }
        }
    }

    /// Root may read the service's own key.
    private static func owner(of path: String) -> UInt32? {
        var status = stat()
        return geteuid() == 0 && stat(path, &status) == 0 ? status.st_uid : nil
    }
}
