import Glibc

/// For a process that works for another one alone.
enum ParentDeath {
    /// Ends with the process that started this one, also when that is killed: more exactly, with its thread, which waits for this one.
    ///
    /// - Parameter parent: the process that started this one. When it has gone by now, this one ends at once.
    static func follow(_ parent: pid_t) {
        let setParentDeathSignal: CInt = 1  // PR_SET_PDEATHSIG of <linux/prctl.h>
        ProcessControl.set(setParentDeathSignal, CUnsignedLong(SIGKILL))
        // It tells of a death from now on; one before has given this process another parent.
        if getppid() != parent { raise(SIGKILL) }
    }
}
