import ArgumentParser
import Glibc
import LatchkeyCrypto

/// A private key in PEM, from a file or from standard input; never from an argument.
struct PrivateKeyInput: ParsableArguments {
    /// An RSA key of 8,192 bits takes less than 7 KiB.
    private static let longest = 16_384

    static let noArgument = "a private key is never an argument, where others can see it: give the path of its file, or - and send it"

    @Argument(help: ArgumentHelp("The key's file; - is standard input.", valueName: "file|-"))
    var source: String

    /// `nil` when the key comes on standard input.
    var file: String? { source == "-" ? nil : source }

    func validate() throws {
        // What was given is not repeated: it may well be the key.
        guard !source.hasPrefix("-----BEGIN") else {
            throw ValidationError(Self.noArgument)
        }
        guard file != nil || isatty(STDIN_FILENO) == 0 else {
            throw ValidationError("a private key is not typed: send it to standard input, as in: latchkey signing-keys import - < FILE")
        }
    }

    /// The text as it stands between the quotes of a JSON string.
    ///
    /// - Throws: `.failed` when it can't be read, is too long, or is no text that PEM could be.
    func read() throws(CommandFailure) -> Secret {
        var bytes = try bytes()
        defer { bytes.withUnsafeMutableBufferPointer { $0.update(repeating: 0) } }
        guard bytes.count <= Self.longest, bytes.contains(where: { $0 != 0x0A && $0 != 0x0D && $0 != 0x20 }), bytes.allSatisfy(Self.isText)
        else {
            throw CommandFailure(
                .failed, "what was given is not a private key in PEM: text that begins with -----BEGIN, of at most 16 KiB",
                hint: "a key in DER becomes PEM with: openssl pkey -inform DER -in FILE")
        }
        let newlines = bytes.count { $0 == 0x0A }
        let returns = bytes.count { $0 == 0x0D }
        return Secret(count: bytes.count + newlines - returns) { span in
            var next = 0
            for byte in bytes where byte != 0x0D {
                if byte == 0x0A {
                    span[next] = UInt8(ascii: "\\")
                    span[next + 1] = UInt8(ascii: "n")
                    next += 2
                } else {
                    span[next] = byte
                    next += 1
                }
            }
        }
    }

    private func bytes() throws(CommandFailure) -> [UInt8] {
        let name = file ?? "standard input"
        var descriptor = STDIN_FILENO
        if let file {
            descriptor = open(file, O_RDONLY | O_CLOEXEC)
            guard descriptor >= 0 else { throw CommandFailure(.failed, "\(file) can't be read: \(SystemError(number: errno))") }
            var status = stat()
            if fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_mode & 0o077 != 0 {
                let mode = String(status.st_mode & 0o777, radix: 8)
                Output.note("\(file) has the mode \(mode): who else has read the key in it can sign tokens once it is the signer")
            }
        }
        defer { if file != nil { close(descriptor) } }
        do {
            return try Descriptor.read(descriptor, limit: Self.longest)
        } catch {
            throw CommandFailure(.failed, "\(name) can't be read: \(error)")
        }
    }

    /// What PEM is made of; nothing that JSON reads otherwise but the ends of lines.
    private static func isText(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): false
        case 0x20...0x7E, 0x0A, 0x0D: true
        default: false
        }
    }
}
