import FoundationEssentials
import Glibc
import LatchkeyAuthority
import LatchkeyCrypto

/// Another run of this program that opens a store which may be damaged: whatever that does to it, this process goes on.
struct StoreChild {
    /// How it ended when it did not end by its own will.
    struct Fallen: Error {
        let sentence: String
        /// Whether only a damaged file can have done that. Else it may as well have been a person, the host, or a fault of this program.
        let isDamage: Bool
    }

    /// The program that is run: this one.
    var program = "/proc/self/exe"
    /// Seconds that it may take, whatever the size of the store.
    var patience: Int64 = 600
    /// Bytes of a store that it may take another second for.
    var pace: Int64 = 2 << 20

    /// - Parameters:
    ///   - arguments: of the hidden subcommand.
    ///   - masterKey: goes to its standard input.
    ///   - report: the file that it leaves what it found in, beside nothing else.
    ///   - storeBytes: how large the store is.
    /// - Returns: what is in the file.
    /// - Throws: ``Fallen`` when a signal or the time ended it; `.failed` with its own words otherwise.
    func run<Report: Decodable>(
        _ type: Report.Type, _ arguments: [String], masterKey: Secret?, report: String, storeBytes: Int64
    ) throws -> Report {
        unlink(report)
        let outcome: ChildProcess.Outcome
        do {
            outcome = try ChildProcess.run(
                program,
                ["store-work"] + arguments + ["--report", report, "--parent", String(getpid()), "--user", String(OwnerIdentity.userId)],
                input: masterKey ?? Secret(count: 0) { _ in }, seconds: patience + storeBytes / pace)
        } catch {
            throw CommandFailure(.failed, "the program can't be started again to open the store: \(error)")
        }
        switch outcome.ending {
        case .signalled(let number):
            let isDamage = [SIGBUS, SIGSEGV].contains(number)
            let cause = isDamage ? "the file is damaged" : "it may be damaged, or memory was short, or somebody ended it"
            throw Fallen(sentence: "reading it ended the reader by the signal \(Self.name(of: number)): \(cause)", isDamage: isDamage)
        case .outOfTime:
            throw Fallen(
                sentence: "reading it did not come to an end in \(patience + storeBytes / pace) s: it may be damaged, or the host is busy",
                isDamage: false)
        case .exited(let code):
            guard code == ExitStatus.done.rawValue else { throw Self.failure(outcome.words) }
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
