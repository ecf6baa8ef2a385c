import FoundationEssentials
import Glibc
import LatchkeyAuthority
import LatchkeyCrypto

/// Another run of this program that opens a store which may be damaged: whatever that does to it, this process goes on.
enum StoreChild {
    /// Seconds that it may take, whatever the size of the store, and bytes of a store that it may take another second for.
    private static let patience: Int64 = 600
    private static let pace: Int64 = 2 << 20

    /// How it ended when it did not end by its own will.
    struct Fallen: Error {
        let sentence: String
    }

    /// - Parameters:
    ///   - arguments: of the hidden subcommand.
    ///   - masterKey: goes to its standard input.
    ///   - report: the file that it leaves what it found in, beside nothing else.
    ///   - storeBytes: how large the store is.
    /// - Returns: what is in the file.
    /// - Throws: ``Fallen`` when a signal or the time ended it; `.failed` with its own words otherwise.
    static func run<Report: Decodable>(
        _ type: Report.Type, _ arguments: [String], masterKey: Secret?, report: String, storeBytes: Int64
    ) throws -> Report {
        unlink(report)
        let outcome: ChildProcess.Outcome
        do {
            outcome = try ChildProcess.run(
                "/proc/self/exe", ["store-work"] + arguments + ["--report", report], input: masterKey ?? Secret(count: 0) { _ in },
                seconds: patience + storeBytes / pace)
        } catch {
            throw CommandFailure(.failed, "the program can't be started again to open the store: \(error)")
        }
        switch outcome.ending {
        case .signalled(let number):
            throw Fallen(sentence: "reading it ended the reader by the signal \(name(of: number)): the file is damaged")
        case .outOfTime:
            throw Fallen(sentence: "reading it did not come to an end in \(patience + storeBytes / pace) s: the file is damaged")
        case .exited(let code):
            guard code == ExitStatus.done.rawValue else { throw failure(outcome.words) }
            guard let data = try? Data(contentsOf: URL(filePath: report)), let value = try? JSONDecoder().decode(type, from: data) else {
                throw CommandFailure(.failed, "what was found in the store got lost", hint: "make room in the directory \(report) is in")
            }
            return value
        }
    }

    /// The last thing that it said.
    private static func failure(_ words: [UInt8]) -> CommandFailure {
        let lines = String(decoding: words, as: UTF8.self).split(separator: "\n").map(String.init)
        let message = lines.last { $0.hasPrefix("latchkey: ") }.map { String($0.dropFirst("latchkey: ".count)) }
        let hint = lines.last { $0.hasPrefix("hint: ") }.map { String($0.dropFirst("hint: ".count)) }
        return CommandFailure(.failed, message ?? "the store can't be looked at", hint: hint)
    }

    private static func name(of signal: CInt) -> String {
        switch signal {
        case SIGBUS: "SIGBUS"
        case SIGSEGV: "SIGSEGV"
        case SIGABRT: "SIGABRT"
        case SIGILL: "SIGILL"
        case SIGTRAP: "SIGTRAP"
        case SIGKILL: "SIGKILL"
        case SIGXCPU: "SIGXCPU"
        default: String(signal)
        }
    }
}
