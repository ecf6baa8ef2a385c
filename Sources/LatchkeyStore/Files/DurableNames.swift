import Glibc

/// The names in a directory, on disk: those of new files and those that were taken away survive a power cut.
package enum DurableNames {
    /// Waits until they are.
    ///
    /// - Returns: the operating system's number of what went wrong, 0 when nothing did. A file system that can't be asked answers with `EINVAL`.
    package static func keep(in directory: String) -> CInt {
        let descriptor = unsafe open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { return errno }
        defer { close(descriptor) }
        return fsync(descriptor) == 0 ? 0 : errno
    }
}
