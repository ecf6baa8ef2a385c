import ArgumentParser
import Glibc
import LatchkeyCrypto

/// The secret of an old issuer, any bytes, on standard input.
struct LegacySecretInput: ParsableArguments {
    private static let longest = 1024

    func validate() throws {
        guard isatty(STDIN_FILENO) == 0 else {
            throw ValidationError(
                "a secret is not typed: send its bytes to standard input, as in: latchkey cutover import-secret … < FILE; nothing was done")
        }
    }

    /// Standard input without one end of line, LF or CRLF, at its end.
    ///
    /// - Throws: `.failed` when it is empty or longer than 1024 bytes.
    func read() throws(CommandFailure) -> Secret {
        var bytes: [UInt8]
        do {
            // Two more than the secret: the end of the line.
            bytes = try Descriptor.read(STDIN_FILENO, limit: Self.longest + 2)
        } catch {
            throw CommandFailure(.failed, "standard input can't be read: \(error)")
        }
        defer { bytes.withUnsafeMutableBufferPointer { $0.update(repeating: 0) } }
        var count = bytes.count
        if bytes.last == 0x0A {
            count -= 1
            if count > 0, bytes[count - 1] == 0x0D { count -= 1 }
        }
        guard count > 0 else {
            throw CommandFailure(
                .failed, "standard input is empty", hint: "send the secret there, as in: latchkey cutover import-secret … < FILE")
        }
        guard count <= Self.longest else {
            throw CommandFailure(
                .failed, "what came on standard input is longer than 1024 bytes, and no secret of HS256", hint: "send the secret alone")
        }
        return Secret(count: count) { span in
            for index in span.indices { span[index] = bytes[index] }
        }
    }
}
