import Glibc
import LatchkeyAuthority
import Testing

@testable import latchkey

/// What can be known of those who read standard output.
@Suite struct PrintedSecrets {
    /// Something that one writes to and another reads from.
    enum Way: CaseIterable {
        case pipe, socket

        func open() -> (reading: CInt, writing: CInt) {
            var ends: [CInt] = [-1, -1]
            switch self {
            case .pipe: precondition(Glibc.pipe(&ends) == 0)
            case .socket: precondition(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends) == 0)
            }
            return (ends[0], ends[1])
        }
    }

    private func read(_ count: Int, from descriptor: CInt) {
        var bytes = [UInt8](repeating: 0, count: count)
        #expect(Glibc.read(descriptor, &bytes, count) == count)
    }

    @Test(arguments: Way.allCases) func `what was read is taken, and what was not is waiting`(way: Way) {
        let ends = way.open()
        defer {
            close(ends.reading)
            close(ends.writing)
        }
        #expect(PrintedSecret.wait(seconds: 0, descriptor: ends.writing) == .taken)
        #expect(write(ends.writing, "secret", 6) == 6)
        #expect(PrintedSecret.wait(seconds: 0, descriptor: ends.writing) == .waiting)
        read(5, from: ends.reading)
        #expect(PrintedSecret.wait(seconds: 0, descriptor: ends.writing) == .waiting)
        read(1, from: ends.reading)
        #expect(PrintedSecret.wait(seconds: 0, descriptor: ends.writing) == .taken)
    }

    @Test(arguments: Way.allCases) func `what nobody can read any more is lost`(way: Way) {
        let ends = way.open()
        defer { close(ends.writing) }
        #expect(write(ends.writing, "secret", 6) == 6)
        read(5, from: ends.reading)
        close(ends.reading)
        #expect(PrintedSecret.wait(seconds: 60, descriptor: ends.writing) == .lost)
    }

    @Test(arguments: Way.allCases) func `what was read before its reader went is taken`(way: Way) {
        let ends = way.open()
        defer { close(ends.writing) }
        #expect(write(ends.writing, "secret", 6) == 6)
        read(6, from: ends.reading)
        close(ends.reading)
        #expect(PrintedSecret.wait(seconds: 60, descriptor: ends.writing) == .taken)
    }

    @Test func `of a file nothing is asked`() throws {
        let scratch = try ScratchDirectory()
        defer { scratch.remove() }
        let file = open(scratch["f"], O_CREAT | O_RDWR, 0o600)
        defer { close(file) }
        #expect(write(file, "secret", 6) == 6)
        #expect(PrintedSecret.wait(seconds: 60, descriptor: file) == .taken)
    }
}

@Suite struct ShellWords {
    @Test(arguments: [
        ("/run/latchkey/admin.sock", "/run/latchkey/admin.sock"), ("a b", "'a b'"), ("it's", "'it'\\''s'"), ("$(x)", "'$(x)'"), ("", "''"),
    ])
    func `a word of a command that is told can be typed as it stands`(text: String, word: String) {
        #expect(ShellWord.quoted(text) == word)
    }
}
