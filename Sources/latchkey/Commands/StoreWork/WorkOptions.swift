import ArgumentParser
import FoundationEssentials
import Glibc
import LatchkeyCrypto

/// Where a run of ``StoreWork`` leaves what it found, and how it gets a master key.
struct WorkOptions: ParsableArguments {
    @Option(help: .hidden)
    var report: String

    @Flag(help: .hidden)
    var masterKey = false

    /// The process that waits for this one.
    @Option(help: .hidden)
    var parent: Int32

    /// Who began it, for the audit log.
    @Option(help: .hidden)
    var user: UInt32

    /// Bytes of memory of its own, at most; the store's pages are not among them.
    private static let memory: rlim_t = 2 << 30

    /// Called first: a damaged store must not take the host along.
    func begin() {
        var limit = rlimit(rlim_cur: Self.memory, rlim_max: Self.memory)
        setrlimit(__rlimit_resource_t(RLIMIT_DATA.rawValue), &limit)
        ParentDeath.follow(parent)
    }

    /// The master key, from standard input.
    ///
    /// - Throws: `.failed` when it is not there.
    func readMasterKey() throws(CommandFailure) -> Secret? {
        guard masterKey else { return nil }
        var bytes: [UInt8]
        do {
            bytes = try Descriptor.read(STDIN_FILENO, limit: 32)
        } catch {
            throw CommandFailure(.failed, "the master key did not arrive: \(error)")
        }
        defer { bytes.withUnsafeMutableBufferPointer { $0.update(repeating: 0) } }
        guard bytes.count == 32 else { throw CommandFailure(.failed, "the master key did not arrive") }
        return Secret(copying: bytes)
    }

    func leave(_ value: some Encodable) throws {
        let data = try JSONEncoder().encode(value)
        let file = try WholeFile(path: report, option: "--report")
        try file.write(Array(data).span)
        try file.finish()
    }
}
