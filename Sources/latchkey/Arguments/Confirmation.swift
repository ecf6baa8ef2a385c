import ArgumentParser
import Glibc

/// A person's word before something is done that can't be undone.
struct Confirmation: ParsableArguments {
    @Flag(help: "Don't ask. Needed where there is no terminal to ask at.")
    var yes = false

    /// Whether there is somebody to ask.
    static var canAsk: Bool { isatty(STDIN_FILENO) == 1 && isatty(STDERR_FILENO) == 1 }

    /// What is said where there is not.
    static var nobody: ValidationError {
        ValidationError("there is no terminal to ask at: say --yes if this is meant; nothing was done")
    }

    func validate() throws {
        guard yes || Self.canAsk else { throw Self.nobody }
    }

    /// - Parameter words: the answers that mean yes.
    /// - Throws: `.failed` for any other answer.
    static func ask(_ question: String, words: [String]) throws(CommandFailure) {
        Output.prompt(question + " ")
        let answer = try line()
        guard words.contains(answer) else { throw CommandFailure(.failed, "that was not confirmed; nothing was done") }
    }

    /// A line of standard input without the space round it.
    private static func line() throws(CommandFailure) -> String {
        var bytes: [UInt8] = []
        var byte: UInt8 = 0
        while bytes.count < 1024 {
            let count = read(STDIN_FILENO, &byte, 1)
            if count < 0, errno == EINTR { continue }
            guard count == 1, byte != UInt8(ascii: "\n") else { break }
            bytes.append(byte)
        }
        let text = String(decoding: bytes, as: UTF8.self)
        return String(text.drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
    }
}
