import Glibc
import Synchronization

/// What is there for the time of a command alone, and that a signal which ends the process takes along: a temporary file, perhaps the directory that
/// was made for it, and private directories with what is in them.
enum Leftover {
    /// The address of its path, which is never freed: the handler may run at any time.
    private static let path = Atomic<UInt>(0)
    private static let directory = Atomic<UInt>(0)
    /// The address of a list of paths that a null pointer ends; neither is ever freed.
    private static let tree = Atomic<UInt>(0)
    private static let known = Mutex<[UInt]>([])

    /// From here on the keyboard, a closing terminal and a plain `kill` end the process as ever, but not before the file is gone.
    static func expect(_ path: String, in directory: String? = nil) {
        Self.directory.store(directory.map { UInt(bitPattern: strdup($0)) } ?? 0, ordering: .sequentiallyConsistent)
        Self.path.store(UInt(bitPattern: strdup(path)), ordering: .sequentiallyConsistent)
        heed()
    }

    /// As ``expect(_:in:)``, for files and directories beside those that are expected already, in the order in which they can be removed. One that is
    /// no longer there by then is nobody's loss: no name of them is ever used for anything that stays.
    static func expect(all paths: [String]) {
        let addresses = known.withLock { known in
            known += paths.map { UInt(bitPattern: strdup($0)) }
            return known
        }
        let list = UnsafeMutablePointer<UInt>.allocate(capacity: addresses.count + 1)
        for (index, address) in addresses.enumerated() { list[index] = address }
        list[addresses.count] = 0
        tree.store(UInt(bitPattern: list), ordering: .sequentiallyConsistent)
        heed()
    }

    private static func heed() {
        // Whatever the handler reads is there before it can run.
        _ = (path.load(ordering: .relaxed), directory.load(ordering: .relaxed), tree.load(ordering: .relaxed))
        for number in [SIGINT, SIGQUIT, SIGTERM, SIGHUP] where !isIgnored(number) {
            // What a handler may call is in signal-safety(7): unlink, rmdir, signal and raise are.
            signal(number) { number in
                if let path = UnsafePointer<CChar>(bitPattern: Leftover.path.load(ordering: .sequentiallyConsistent)) { unlink(path) }
                if let path = UnsafePointer<CChar>(bitPattern: Leftover.directory.load(ordering: .sequentiallyConsistent)) { rmdir(path) }
                if var next = UnsafePointer<UInt>(bitPattern: Leftover.tree.load(ordering: .sequentiallyConsistent)) {
                    while let path = UnsafePointer<CChar>(bitPattern: next.pointee) {
                        if unlink(path) != 0 { rmdir(path) }
                        next += 1
                    }
                }
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
