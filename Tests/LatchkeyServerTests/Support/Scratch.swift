import FoundationEssentials
import Glibc

/// A directory that goes away with its owner. Others may pass through it, so that a socket in it can be reached.
final class Scratch: Sendable {
    let path: String

    init() {
        var template = Array("\(FileManager.default.temporaryDirectory.path)/latchkey-server-XXXXXX".utf8CString)
        path = template.withUnsafeMutableBufferPointer { String(cString: mkdtemp($0.baseAddress!)) }
        chmod(path, 0o755)
    }

    /// With a state directory in which nothing is yet: the daemon's very first start is in it.
    static func withEmptyState() throws -> Scratch {
        let scratch = Scratch()
        try FileManager.default.createDirectory(
            atPath: scratch.state, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
        return scratch
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    var state: String { path + "/state" }

    /// The bytes of every regular file below, by path.
    var files: [String: [UInt8]] {
        var files: [String: [UInt8]] = [:]
        for name in (try? FileManager.default.subpathsOfDirectory(atPath: path)) ?? [] {
            var status = stat()
            guard lstat(path + "/" + name, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { continue }
            if let data = FileManager.default.contents(atPath: path + "/" + name) { files[name] = Array(data) }
        }
        return files
    }
}
