import FoundationEssentials
import Glibc

/// A directory of a test's own.
struct ScratchDirectory: Sendable {
    let path: String

    init() throws {
        let template = (ProcessInfo.processInfo.environment["TMPDIR"] ?? "/tmp") + "/lk-XXXXXX"
        var bytes = Array(template.utf8CString)
        guard mkdtemp(&bytes) != nil else { throw CocoaError(.fileWriteUnknown) }
        path = String(decoding: bytes.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Lends a directory that is removed afterwards.
    static func with<Result>(_ body: (ScratchDirectory) async throws -> Result) async throws -> Result {
        let directory = try ScratchDirectory()
        defer { directory.remove() }
        return try await body(directory)
    }

    func remove() { try? FileManager.default.removeItem(atPath: path) }

    subscript(_ name: String) -> String { path + "/" + name }

    func write(_ text: String, to name: String) throws { try Data(text.utf8).write(to: URL(filePath: self[name])) }

    func read(_ name: String) throws -> String { String(decoding: try Data(contentsOf: URL(filePath: self[name])), as: UTF8.self) }

    /// The names in it, temporary files included.
    var names: [String] { ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted() }

    func status(_ name: String) -> stat? {
        var status = stat()
        return lstat(self[name], &status) == 0 ? status : nil
    }
}
