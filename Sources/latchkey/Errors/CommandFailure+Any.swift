import ArgumentParser
import LatchkeyAuthority
import LatchkeyServer
import LatchkeyStore

/// The one place that gives the errors of the rooms below an exit code.
extension CommandFailure {
    /// `nil` for what the argument parser calls a clean exit: a request for help or for the version.
    init?(_ error: any Error) {
        switch error {
        case let failure as CommandFailure: self = failure
        case let error as ConfigurationError: self.init(.usage, error.message)
        case let error as ListenerError where [.invalidAddress, .badInheritance].contains(error.code): self.init(.usage, error.message)
        case let error as ListenerError: self.init(.failed, error.message)
        case let error as StoreError: self.init(.failed, error.message)
        case let error as OpeningError: self.init(.failed, error.message)
        case let error as BackupError: self.init(backup: error)
        default:
            let code = Latchkey.exitCode(for: error)
            if code.isSuccess { return nil }
            guard code == .validationFailure else {
                self.init(.failed, Latchkey.message(for: error))
                return
            }
            // The parser repeats what it does not know, and that is not to be a key in somebody's log.
            guard !Latchkey.message(for: error).contains("-----BEGIN ") else {
                self.init(.usage, PrivateKeyInput.noArgument)
                return
            }
            self.init(.usage, Self.sentence(Latchkey.message(for: error)), hint: Self.pointer(Latchkey.fullMessage(for: error)))
        }
    }

    /// The parser's message in the voice of the others: lower case, one line.
    private static func sentence(_ message: String) -> String {
        let lines = message.split(separator: "\n").map { $0.drop { $0 == " " } }
        let text = lines.joined(separator: " ")
        return text.prefix(1).lowercased() + text.dropFirst()
    }

    /// Of the parser's usage text, the line that says where to read on.
    private static func pointer(_ text: String) -> String? {
        guard let line = text.split(separator: "\n").first(where: { $0.hasPrefix("  See '") }) else { return nil }
        let rest = line.dropFirst("  See ".count)
        return "see " + (rest.hasSuffix(" for more information.") ? rest.dropLast(" for more information.".count) : rest)
    }
}
