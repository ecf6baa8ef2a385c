import FoundationEssentials
import Glibc

/// Where a program lies that is called by its name.
enum ProgramPath {
    /// The first executable file of that name in the directories of `PATH`.
    ///
    /// - Throws: `.failed` when there is none.
    static func find(_ name: String, hint: String) throws(CommandFailure) -> String {
        let directories = (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin").split(separator: ":")
        // A relative directory would make the working directory decide who gets the secret.
        for directory in directories where directory.hasPrefix("/") {
            let path = "\(directory)/\(name)"
            var status = stat()
            if stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG, access(path, X_OK) == 0 { return path }
        }
        throw CommandFailure(.failed, "the program \(name) is not installed: it is in no directory of PATH; nothing was minted", hint: hint)
    }
}
