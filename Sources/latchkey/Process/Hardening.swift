import Glibc

/// What every run of this program does first: it may hold secrets.
enum Hardening {
    static func apply() {
        // A closed pipe and a file size limit are errors of the write that meets them. As signals they would end the process between
        // the mint of a key and its revocation.
        signal(SIGPIPE, SIG_IGN)
        signal(SIGXFSZ, SIG_IGN)
        // The runtime's crash reporter prints registers and the memory that they point to; what lies there may be a secret.
        for number in [SIGQUIT, SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGSEGV] { signal(number, SIG_DFL) }
        umask(0o077)
        var none = rlimit(rlim_cur: 0, rlim_max: 0)
        setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &none)
        makeUndumpable()
    }

    /// A core pattern that is a pipe ignores `RLIMIT_CORE`; an undumpable process leaves nothing there either, and its user's other
    /// processes can't trace it.
    private static func makeUndumpable() {
        let setDumpable: CInt = 4  // PR_SET_DUMPABLE of <linux/prctl.h>
        ProcessControl.set(setDumpable, 0)
    }

    /// Lets the daemon hold as many connections as the host allows, within reason.
    static func raiseDescriptorLimit() {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        limit.rlim_cur = max(limit.rlim_cur, min(limit.rlim_max, 65_536))
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }

    /// From here on the process can't be ended by the keyboard, a closing terminal or a plain `kill`, nor by any other signal that would end it
    /// and can be held, real-time ones included: what follows must not be left half done.
    static func holdSignals() {
        let ending = [
            SIGINT, SIGQUIT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2, SIGALRM, SIGVTALRM, SIGPROF, SIGXCPU, SIGPOLL, SIGPWR, SIGSTKFLT,
        ]
        for number in ending { signal(number, SIG_IGN) }
        // From 34 to 64 (signal(7)); the two before are the C library's own.
        for number in CInt(34)...64 { signal(number, SIG_IGN) }
    }
}
