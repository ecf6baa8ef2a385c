import Glibc

extension BackupError {
    /// A refusal of the operating system, with what helps against it.
    ///
    /// - Parameters:
    ///   - what: what could not be done, as the beginning of a sentence.
    ///   - number: `errno` of the failed call.
    static func system(_ what: String, _ number: CInt = errno) -> BackupError {
        let advice =
            switch number {
            case EACCES, EPERM: "; run it as root, or as the user who owns that"
            case ENOSPC, EDQUOT, EFBIG: "; make room there, or name another place"
            case EROFS: "; name a place that can be written"
            case ENOENT, ENOTDIR: "; see whether the path is right"
            default: ""
            }
        return BackupError(.unavailable, "\(what): \(String(cString: strerror(number)))\(advice)")
    }
}
