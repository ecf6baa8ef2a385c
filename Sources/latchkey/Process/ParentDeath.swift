import Glibc

/// For a process that works for another one alone.
enum ParentDeath {
    /// Ends with the process that started this one, also when that is killed: more exactly, with its thread, which waits for this one.
    /// `prctl` is variadic, which Swift does not import, hence the look-up.
    ///
    /// - Parameter parent: the process that started this one. When it has gone by now, this one ends at once.
    static func follow(_ parent: pid_t) {
        let setParentDeathSignal: CInt = 1  // PR_SET_PDEATHSIG of <linux/prctl.h>
        typealias Call = @convention(c) (CInt, CUnsignedLong, CUnsignedLong, CUnsignedLong, CUnsignedLong) -> CInt
        guard let symbol = dlsym(UnsafeMutableRawPointer(bitPattern: 0), "prctl") else { return }
        _ = unsafeBitCast(symbol, to: Call.self)(setParentDeathSignal, CUnsignedLong(SIGKILL), 0, 0, 0)
        // It tells of a death from now on; one before has given this process another parent.
        if getppid() != parent { raise(SIGKILL) }
    }
}
