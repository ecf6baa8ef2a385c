import Glibc

/// What file systems have left for those who are not root.
package enum DiskRoom {
    /// Free bytes where a path lies; `nil` when that can't be told.
    package static func free(at path: String) -> UInt64? {
        var information = statvfs()
        guard unsafe statvfs(path, &information) == 0 else { return nil }
        let (free, tooMuch) = UInt64(information.f_bavail).multipliedReportingOverflow(by: UInt64(information.f_frsize))
        return tooMuch ? .max : free
    }
}
