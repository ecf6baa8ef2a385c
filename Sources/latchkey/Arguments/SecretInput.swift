import ArgumentParser
import Glibc
import LatchkeyCrypto

/// A secret that comes on standard input: an argument could be seen by every user of the host (`ps`), and stays in the shell's history.
struct SecretInput: ParsableArguments {
    static let longest = 16_384

    @Argument(help: ArgumentHelp("Always -: the token is read from standard input.", valueName: "-"))
    var source = "-"

    func validate() throws {
        // What was given is not repeated in the message: it may well be the secret.
        guard source == "-" else {
            throw ValidationError("a secret is never an argument, where others can see it: give - and send it to standard input")
        }
    }

    /// Standard input without the white space round it.
    ///
    /// - Throws: `.failed` when it is empty, longer than 16 KiB or holds anything but visible ASCII.
    func read() throws(CommandFailure) -> Secret {
        var bytes: [UInt8]
        do {
            bytes = try Descriptor.read(STDIN_FILENO, limit: Self.longest)
        } catch {
            throw CommandFailure(.failed, "standard input can't be read: \(error)")
        }
        defer { bytes.withUnsafeMutableBufferPointer { $0.update(repeating: 0) } }
        let isSpace = { (byte: UInt8) in byte == 0x20 || (0x09...0x0D).contains(byte) }
        guard let first = bytes.firstIndex(where: { !isSpace($0) }), let last = bytes.lastIndex(where: { !isSpace($0) }) else {
            throw CommandFailure(.failed, "standard input is empty", hint: "send the token there, as in: latchkey … - < FILE")
        }
        guard bytes.count <= Self.longest, bytes[first...last].allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw CommandFailure(.failed, "what came on standard input is not a token: one word of at most 16 KiB")
        }
        return Secret(count: last - first + 1) { span in
            for index in span.indices { span[index] = bytes[first + index] }
        }
    }
}
