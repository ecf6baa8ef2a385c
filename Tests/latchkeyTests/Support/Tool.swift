import Glibc
import Subprocess

/// The real executable, as it was built next to these tests.
enum Tool {
    /// `LATCHKEY_TEST_BINARY` names another one.
    static let path: String = {
        if let given = getenv("LATCHKEY_TEST_BINARY") { return String(cString: given) }
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = buffer.withUnsafeMutableBytes {
            readlink("/proc/self/exe", $0.baseAddress!.assumingMemoryBound(to: CChar.self), $0.count)
        }
        let own = String(decoding: buffer[..<max(count, 0)], as: UTF8.self)
        return own[..<(own.lastIndex(of: "/") ?? own.startIndex)] + "/latchkey"
    }()

    static var directory: String { String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)]) }
    static var name: String { String(path[path.index(after: path.lastIndex(of: "/") ?? path.startIndex)...]) }

    /// An environment that holds no setting but the given ones, and finds the executable by its name.
    static func environment(_ variables: [String: String]) -> Environment {
        var environment: [Environment.Key: String] = ["PATH": directory + ":/usr/bin:/bin", "LC_ALL": "C"]
        for (name, value) in variables { environment[Environment.Key(rawValue: name)!] = value }
        return .custom(environment)
    }

    /// How a run ended.
    struct Run: Sendable {
        /// `nil` when a signal ended it.
        let code: Int32?
        let bytes: [UInt8]
        let errors: String

        var output: String { String(decoding: bytes, as: UTF8.self) }
        var lines: [String] { output.split(separator: "\n").map(String.init) }

        fileprivate init(_ status: TerminationStatus, _ bytes: [UInt8], _ errors: String) {
            if case .exited(let code) = status { self.code = code } else { self.code = nil }
            self.bytes = bytes
            self.errors = errors
        }
    }

    /// - Parameter shell: a script for `sh` that runs the command as `"$0" "$@"`.
    static func run(
        _ arguments: [String], input: String? = nil, environment variables: [String: String] = [:], shell: String? = nil
    ) async throws -> Run {
        let executable: Executable = shell == nil ? .name(name) : .name("sh")
        let arguments = Arguments((shell.map { ["-c", $0, path] } ?? []) + arguments)
        let environment = environment(variables)
        if let input {
            let result = try await Subprocess.run(
                executable, arguments: arguments, environment: environment, input: .string(input), output: .bytes(limit: 1 << 22),
                error: .string(limit: 1 << 20))
            return Run(result.terminationStatus, result.standardOutput, result.standardError)
        }
        let result = try await Subprocess.run(
            executable, arguments: arguments, environment: environment, input: .none, output: .bytes(limit: 1 << 22),
            error: .string(limit: 1 << 20))
        return Run(result.terminationStatus, result.standardOutput, result.standardError)
    }
}
