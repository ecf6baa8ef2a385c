import Glibc
import LatchkeyAuthority
import LatchkeyCrypto

/// The passphrase of a backup: the first line of a file, or what a person types without being seen. Never an argument.
enum Passphrase {
    private static let length = BackupRequest.passphraseBytes

    /// - Throws: `.failed` when the file can't be read, or what is in it can't be a passphrase.
    static func read(file path: String) throws(CommandFailure) -> Secret {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw CommandFailure(.failed, "\(path) can't be read: \(SystemError(number: errno))") }
        defer { close(descriptor) }
        var status = stat()
        if fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_mode & 0o077 != 0 {
            let mode = String(status.st_mode & 0o777, radix: 8)
            Output.note("\(path) has the mode \(mode): whoever has read the passphrase in it can read the backup")
        }
        var bytes: [UInt8]
        do {
            bytes = try Descriptor.read(descriptor, limit: length.upperBound + 2)
        } catch {
            throw CommandFailure(.failed, "\(path) can't be read: \(error)")
        }
        defer { bytes.withUnsafeMutableBufferPointer { $0.update(repeating: 0) } }
        return try checked(&bytes, from: path)
    }

    /// - Parameter isNew: asked twice, for nobody could open what was encrypted to a slip of the finger.
    /// - Throws: `.usage` without a terminal, `.failed` when what was typed can't be a passphrase.
    static func ask(isNew: Bool) throws(CommandFailure) -> Secret {
        let terminal = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY)
        guard terminal >= 0 else {
            throw CommandFailure(
                .usage, "there is no terminal to ask for the passphrase at", hint: "name a file that holds it with --passphrase-file PATH")
        }
        defer { close(terminal) }
        let first = try line(isNew ? "passphrase for the new backup: " : "passphrase of the backup: ", terminal)
        guard isNew else { return first }
        guard try line("the same again: ", terminal).equals(first) else {
            throw CommandFailure(.failed, "the two are not the same; nothing was done")
        }
        return first
    }

    private static func line(_ question: String, _ terminal: CInt) throws(CommandFailure) -> Secret {
        var before = termios()
        tcgetattr(terminal, &before)
        var silent = before
        // Without the signals of the keyboard: one of them would leave a terminal that shows nothing.
        silent.c_lflag &= ~tcflag_t(ECHO | ISIG)
        tcsetattr(terminal, TCSAFLUSH, &silent)
        defer {
            tcsetattr(terminal, TCSAFLUSH, &before)
            _ = Descriptor.write([UInt8(ascii: "\n")].span, to: terminal)
        }
        _ = Descriptor.write(Array(question.utf8).span, to: terminal)
        var bytes: [UInt8] = []
        // An array that grows leaves what it held behind.
        bytes.reserveCapacity(length.upperBound + 2)
        defer { bytes.withUnsafeMutableBufferPointer { $0.update(repeating: 0) } }
        var byte: UInt8 = 0
        while bytes.count < length.upperBound + 2 {
            let count = Glibc.read(terminal, &byte, 1)
            if count < 0, errno == EINTR { continue }
            guard count == 1, byte != UInt8(ascii: "\n") else { break }
            // Control-C and Control-\.
            guard byte != 3, byte != 0x1C else { throw CommandFailure(.failed, "that was broken off; nothing was done") }
            bytes.append(byte)
        }
        return try checked(&bytes, from: "what was typed")
    }

    private static func checked(_ bytes: inout [UInt8], from source: String) throws(CommandFailure) -> Secret {
        var count = bytes.firstIndex(of: 0x0A) ?? bytes.count
        if count > 0, bytes[count - 1] == 0x0D { count -= 1 }
        guard let passphrase = BackupRequest.passphrase(bytes.span.extracting(0..<count)) else {
            throw CommandFailure(.failed, "\(source) is not a passphrase", hint: BackupRequest.passphraseRule)
        }
        return passphrase
    }

    /// The passphrase as it stands between the quotes of a JSON string.
    static func escaped(_ passphrase: Secret) -> Secret {
        passphrase.withBytes { bytes in
            let marked = { (byte: UInt8) in byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") }
            let extra = bytes.indices.count { marked(bytes[$0]) }
            return Secret(count: bytes.count + extra) { span in
                var next = 0
                for index in bytes.indices {
                    if marked(bytes[index]) {
                        span[next] = UInt8(ascii: "\\")
                        next += 1
                    }
                    span[next] = bytes[index]
                    next += 1
                }
            }
        }
    }
}
