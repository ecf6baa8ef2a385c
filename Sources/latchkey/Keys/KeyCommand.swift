import LatchkeyCrypto

/// A command that takes the secret of a new API key on its standard input, without a newline, and keeps it where it belongs.
///
/// What it says once it has the secret is not repeated: `CommandWords` has words of its own for known complaints. It has to read all of its input, to end with 0, and to do so in time.
struct KeyCommand {
    /// The longest that a command may take, in seconds.
    static let longest: Int64 = 60

    let program: String
    let arguments: [String]
    /// What messages call it.
    let title: String
    let seconds: Int64

    /// - Parameter text: for the shell, as it would be typed.
    static func shell(_ text: String, seconds: Int64 = longest) -> KeyCommand {
        KeyCommand(program: "/bin/sh", arguments: ["-c", text], title: "the command", seconds: seconds)
    }

    /// - Throws: `.notStored` unless all went well; everything that the command started is dead then.
    func take(_ secret: Secret) throws(CommandFailure) {
        let outcome: ChildProcess.Outcome
        do {
            outcome = try ChildProcess.run(program, arguments, input: secret, seconds: seconds)
        } catch {
            throw CommandFailure(.notStored, "\(title) could not be started: \(error)")
        }
        guard let reason = reason(outcome) else { return }
        let words = CommandWords.summary(of: outcome).map { "; \($0)" } ?? ""
        throw CommandFailure(.notStored, reason + words)
    }

    private func reason(_ outcome: ChildProcess.Outcome) -> String? {
        switch outcome.ending {
        case .exited(0) where outcome.taken == .all: nil
        case .exited(0): "\(title) ended without reading the secret to its end"
        case .exited(127) where program == "/bin/sh": "\(title) ended with the exit code 127: the shell found no such program"
        case .exited(let code): "\(title) ended with the exit code \(code)"
        case .signalled(let signal): "\(title) was ended by the signal \(signal)"
        case .outOfTime: "\(title) had not ended after \(seconds) s, and was killed"
        }
    }
}
