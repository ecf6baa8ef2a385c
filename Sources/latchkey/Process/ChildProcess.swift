import FoundationEssentials
import Glibc
import LatchkeyCrypto

/// A program that is given a secret on its standard input, and whose words are heard. What of them may be told, `CommandWords` says.
///
/// It gets a session of its own: no terminal to print to or to ask at, and when it fails, everything that it started there dies with it. It
/// inherits the environment and the working directory, no open file, and none of the signals that this program ignores.
struct ChildProcess {
    /// How it ended.
    enum Ending: Equatable {
        case exited(CInt)
        case signalled(CInt)
        /// It was ended, because its time was up.
        case outOfTime
    }

    /// How much of the secret has left the pipe.
    enum Taken: Equatable {
        case nothing
        case some
        case all
    }

    struct Outcome {
        let ending: Ending
        let taken: Taken
        /// The last of what it wrote to standard output and standard error.
        let words: [UInt8]
    }

    /// The most that is kept of what it writes.
    static let mostWords = 8192
    /// `POSIX_SPAWN_SETSID` of <spawn.h>, which is shown to GNU programs alone.
    private static let ownSession: CShort = 0x80
    /// How often it is looked at whether the program has ended, in milliseconds.
    private static let tick: CInt = 20

    private let id: pid_t
    private let input: Pipe
    private let output: Pipe

    /// - Parameters:
    ///   - program: the path of the executable.
    ///   - arguments: without the program's own name.
    ///   - seconds: how long it may take.
    /// - Throws: why it could not be started.
    static func run(
        _ program: String, _ arguments: [String], input secret: Secret, seconds: Int64
    ) throws(SystemError) -> Outcome {
        let input = try Pipe()
        defer { input.close() }
        let output = try Pipe()
        defer { output.close() }
        let child = ChildProcess(
            id: try start(program, arguments, input: input.reading, output: output.writing), input: input, output: output)
        output.closeWriting()
        // A secret is shorter than what a pipe holds, so this never waits; and there is always a reader: this process.
        let isWritten = secret.withBytes { Descriptor.write($0, to: input.writing) } == nil
        input.closeWriting()
        return child.wait(seconds: seconds, size: isWritten ? secret.count : nil)
    }

    /// - Parameter size: how much was written to its standard input; `nil` when that went wrong.
    private func wait(seconds: Int64, size: Int?) -> Outcome {
        let end = Self.monotonicMilliseconds() + seconds * 1000
        var words: [UInt8] = []
        var isOver = false
        var hasEnded = false
        while !hasEnded, !isOver {
            output.gather(&words, most: Self.mostWords, patience: Self.tick)
            hasEnded = self.hasEnded
            isOver = Self.monotonicMilliseconds() >= end
        }
        output.gather(&words, most: Self.mostWords, patience: 0)
        // After its words: what it takes from here on is in none of them.
        let taken = self.taken(of: size)
        var status: CInt = 0
        // Before it is waited for its number is its own, and so is its group's.
        if !hasEnded || taken != .all || !hasEndedWell { kill(-id, SIGKILL) }
        while waitpid(id, &status, 0) < 0, errno == EINTR {}
        guard hasEnded else { return Outcome(ending: .outOfTime, taken: taken, words: words) }
        let signal = status & 0x7F
        return Outcome(ending: signal == 0 ? .exited(status >> 8 & 0xFF) : .signalled(signal), taken: taken, words: words)
    }

    private func taken(of size: Int?) -> Taken {
        guard let size, let waiting = input.waiting else { return .some }
        switch waiting {
        case 0: return .all
        case size: return .nothing
        default: return .some
        }
    }

    /// Whether it has ended; it can still be waited for.
    private var hasEnded: Bool { peek().si_signo == SIGCHLD }

    private var hasEndedWell: Bool {
        let information = peek()
        // CLD_EXITED of <bits/siginfo-consts.h>, and the exit code behind pid and uid.
        return information.si_signo == SIGCHLD && information.si_code == 1 && information._sifields._sigchld.si_status == 0
    }

    private func peek() -> siginfo_t {
        var information = siginfo_t()
        while waitid(P_PID, id_t(id), &information, WEXITED | WNOHANG | WNOWAIT) < 0, errno == EINTR {}
        return information
    }

    private static func monotonicMilliseconds() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    }

    private static func start(_ program: String, _ arguments: [String], input: CInt, output: CInt) throws(SystemError) -> pid_t {
        // Whoever started this program may have it ignored, and then no child's end could be told.
        signal(SIGCHLD, SIG_DFL)
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO)
        posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO)
        posix_spawn_file_actions_adddup2(&actions, output, STDERR_FILENO)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        sigemptyset(&none)
        var all = sigset_t()
        sigfillset(&all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setflags(&attributes, ownSession | CShort(POSIX_SPAWN_SETSIGMASK) | CShort(POSIX_SPAWN_SETSIGDEF))
        let words = strings([program] + arguments)
        let variables = strings(ProcessInfo.processInfo.environment.map { "\($0)=\($1)" })
        defer { for string in words + variables { free(string) } }
        keepFiles()
        var id: pid_t = 0
        let number = posix_spawn(&id, program, &actions, &attributes, words, variables)
        guard number == 0 else { throw SystemError(number: number) }
        return id
    }

    /// As C has them: with nothing behind the last one.
    private static func strings(_ texts: [String]) -> [UnsafeMutablePointer<CChar>?] { texts.map { strdup($0) } + [nil] }

    /// No open file goes to a child: among them is the connection to the daemon. (This program has few of them.)
    private static func keepFiles() {
        for descriptor in CInt(3)..<1024 {
            let flags = fcntl(descriptor, F_GETFD)
            if flags >= 0 { _ = fcntl(descriptor, F_SETFD, flags | FD_CLOEXEC) }
        }
    }
}
