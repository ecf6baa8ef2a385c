/// Why a command did not do its work: how the process ends, what was wrong, and what to do. Two failures are equal when their codes are.
struct CommandFailure: Error, Equatable, CustomStringConvertible {
    let code: ExitStatus
    /// One sentence, lower case; it may hold text from outside and is escaped where it is printed.
    let message: String
    /// What to do, when there is something to do.
    let hint: String?
    /// The daemon's code for why it refused, such as `insufficient_scope`; `nil` when it was not the daemon that refused.
    let refusal: String?
    /// In how many seconds the daemon would hear it again, when it says so.
    let retryAfter: Int64?
    /// Whether nothing is said: whoever reads standard output has gone, and that is no news to them.
    let isSilent: Bool

    init(_ code: ExitStatus, _ message: String, hint: String? = nil, refusal: String? = nil, retryAfter: Int64? = nil) {
        self.code = code
        self.message = message
        self.hint = hint
        self.refusal = refusal
        self.retryAfter = retryAfter
        self.isSilent = false
    }

    private init(silent code: ExitStatus) {
        self.code = code
        self.message = "standard output was closed"
        self.hint = nil
        self.refusal = nil
        self.retryAfter = nil
        self.isSilent = true
    }

    static let closedOutput = CommandFailure(silent: .failed)

    var description: String { message }

    static func == (a: Self, b: Self) -> Bool { a.code == b.code }
}
