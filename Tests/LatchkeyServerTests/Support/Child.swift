import FoundationEssentials
import Glibc
import LatchkeyStore

/// A request to a unix socket by another user: a child process, since the kernel names the process that connected.
enum Child {
    /// Whether this process may become others, and has what it takes.
    static var isPossible: Bool {
        geteuid() == 0 && [setpriv, python].allSatisfy { (path: String) in access(path, X_OK) == 0 } && getpwnam("nobody") != nil
            && getgrnam("games") != nil
    }

    static let setpriv = "/usr/bin/setpriv"
    static let python = "/usr/bin/python3"

    private static let script = """
        import socket, sys
        s = socket.socket(socket.AF_UNIX)
        s.connect(sys.argv[1])
        s.sendall(sys.argv[2].encode())
        data = b""
        while True:
            part = s.recv(65536)
            if not part:
                break
            data += part
        open(sys.argv[3], "wb").write(data)
        """

    struct Failed: Error {
        let status: Int32
    }

    /// The answer to a request that asks for its connection to be closed.
    ///
    /// - Parameter groups: names of supplementary groups.
    static func request(_ request: String, socket: String, user: String, group: String, groups: [String], scratch: Scratch) async throws
        -> Reply
    {
        let directory = scratch.path + "/child"
        if mkdir(directory, 0o777) == 0 { chmod(directory, 0o777) }
        let file = directory + "/answer"
        unlink(file)
        let rights = groups.isEmpty ? "--clear-groups" : "--groups=" + groups.joined(separator: ",")
        let arguments = [setpriv, "--reuid=\(user)", "--regid=\(group)", rights, python, "-c", script, socket, request, file]
        let status = try await run(arguments)
        guard status == 0 else { throw Failed(status: status) }
        var parser = ReplyParser()
        parser.append(Array(FileManager.default.contents(atPath: file) ?? Data()))
        guard let reply = try parser.next(toHead: false, interim: false, ended: true) else { throw Failed(status: -1) }
        return reply
    }

    /// Waits on a thread of its own: a blocked one of Swift's few would hold up everybody.
    private static func run(_ arguments: [String]) async throws -> Int32 {
        try await withCheckedThrowingContinuation { continuation in
            do {
                let thread = try PinnedThread {
                    var pid = pid_t()
                    var pointers: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
                    defer { for pointer in pointers { free(pointer) } }
                    let code = posix_spawn(&pid, arguments[0], nil, nil, &pointers, environ)
                    guard code == 0 else { return continuation.resume(throwing: Failed(status: code)) }
                    var status: Int32 = 0
                    while waitpid(pid, &status, 0) < 0, errno == EINTR {}
                    continuation.resume(returning: status)
                }
                _ = thread
            } catch {
                continuation.resume(throwing: error)
            }
        }
    }
}
