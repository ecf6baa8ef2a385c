import Glibc
import Synchronization

/// A temporary file, and perhaps the directory that was made for it, that a signal which ends the process takes along.
enum Leftover {
    /// The address of its path, which is never freed: the handler may run at any time.
    private static let path = Atomic<UInt>(0)
    private static let directory = Atomic<UInt>(0)

    /// From here on the keyboard, a closing terminal and a plain `kill` end the process as ever, but not before the file is gone.
    static func expect(_ path: String, in directory: String? = nil) {
        Self.directory.store(directory.map { UInt(bitPattern: strdup($0)) } ?? 0, ordering: .sequentiallyConsistent)
        Self.path.store(UInt(bitPattern: strdup(path)), ordering: .sequentiallyConsistent)
        for number in [SIGINT, SIGQUIT, SIGTERM, SIGHUP] where !isIgnored(number) {
            // What a handler may call is in signal-safety(7): unlink, rmdir, signal and raise are.
            signal(number) { number in
                if let path = UnsafePointer<CChar>(bitPattern: Leftover.path.load(ordering: .sequentiallyConsistent)) { unlink(path) }
                if let path = UnsafePointer<CChar>(bitPattern: Leftover.directory.load(ordering: .sequentiallyConsistent)) { rmdir(path) }
                signal(number, SIG_DFL)
                raise(number)
            }
        }
    }

    /// `nohup` and the like stay in force.
    private static func isIgnored(_ number: CInt) -> Bool {
        var action = sigaction()
        guard sigaction(number, nil, &action) == 0 else { return false }
        return unsafeBitCast(action.__sigaction_handler.sa_handler, to: UInt.self) == 1  // SIG_IGN
    }
}
