import Glibc
import Synchronization

/// A temporary file that a signal which ends the process takes along.
enum Leftover {
    /// The address of its path, which is never freed: the handler may run at any time.
    private static let path = Atomic<UInt>(0)

    /// From here on the keyboard, a closing terminal and a plain `kill` end the process as ever, but not before the file is gone.
    static func expect(_ path: String) {
        Self.path.store(UInt(bitPattern: strdup(path)), ordering: .sequentiallyConsistent)
        for number in [SIGINT, SIGTERM, SIGHUP] where !isIgnored(number) {
            // What a handler may call is in signal-safety(7): unlink, signal and raise are.
            signal(number) { number in
                if let path = UnsafePointer<CChar>(bitPattern: Leftover.path.load(ordering: .sequentiallyConsistent)) { unlink(path) }
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
