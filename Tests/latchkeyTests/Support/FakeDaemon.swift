import Glibc

/// A socket that answers whatever a test wants, one connection after the other: what no real daemon says can't be asked of one.
final class FakeDaemon: Sendable {
    /// A request as it came, and the process that sent it.
    struct Request: Sendable {
        let text: String
        let pid: pid_t
        /// Counted from 1.
        let connection: Int
    }

    private let descriptor: CInt
    /// Of the loopback address; 0 on a unix socket.
    let port: Int

    var url: String { "http://127.0.0.1:\(port)" }

    /// - Parameter answer: the whole response; one that says `connection: close` closes the connection, an empty one without a word.
    init(path: String, answer: @escaping @Sendable (Request) -> String) {
        descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        port = 0
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let descriptor = descriptor
        let isBound = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0
            }
        }
        precondition(isBound, "no socket at \(path)")
        start(answer)
    }

    /// As on a path, on a free port of the loopback address.
    init(answer: @escaping @Sendable (Request) -> String) {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let descriptor = descriptor
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, size) == 0 && getsockname(descriptor, $0, &size) == 0
            }
        }
        precondition(isBound, "no free port")
        port = Int(UInt16(bigEndian: address.sin_port))
        start(answer)
    }

    private func start(_ answer: @escaping @Sendable (Request) -> String) {
        precondition(listen(descriptor, 8) == 0, "can't listen")
        // A thread of its own: it blocks, which the test's threads must not.
        let descriptor = descriptor
        let loop = Unmanaged.passRetained(Loop { Self.serve(descriptor, answer) })
        var thread = pthread_t()
        pthread_create(
            &thread, nil,
            { argument in
                Unmanaged<Loop>.fromOpaque(argument!).takeRetainedValue().run()
                return nil
            }, loop.toOpaque())
        pthread_detach(thread)
    }

    /// Wakes the thread, which then ends.
    func stop() { shutdown(descriptor, Int32(SHUT_RDWR)) }

    /// A response with a JSON body.
    static func json(_ status: Int, _ body: String) -> String {
        "HTTP/1.1 \(status) Whatever\r\ncontent-type: application/json\r\ncontent-length: \(body.utf8.count)\r\nconnection: close\r\n\r\n\(body)"
    }

    /// A response in chunks, as a stream comes.
    ///
    /// - Parameter isWhole: whether its end is there.
    static func chunked(_ chunks: [String], type: String, isWhole: Bool = true) -> String {
        let head = "HTTP/1.1 200 OK\r\ncontent-type: \(type)\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n"
        let body = chunks.map { "\(String($0.utf8.count, radix: 16))\r\n\($0)\r\n" }.joined()
        return head + body + (isWhole ? "0\r\n\r\n" : "")
    }

    private final class Loop {
        let run: () -> Void
        init(_ run: @escaping () -> Void) { self.run = run }
    }

    private static func serve(_ listener: CInt, _ answer: (Request) -> String) {
        for number in 1... {
            let connection = accept(listener, nil, nil)
            guard connection >= 0 else { break }
            // pid, uid, gid of the peer (unix(7)).
            var credentials: (pid_t, uid_t, gid_t) = (0, 0, 0)
            var size = socklen_t(MemoryLayout.size(ofValue: credentials))
            getsockopt(connection, SOL_SOCKET, SO_PEERCRED, &credentials, &size)
            while true {
                let text = request(connection)
                guard !text.isEmpty else { break }
                let answer = answer(Request(text: text, pid: credentials.0, connection: number))
                guard write(answer, to: connection), !answer.contains("connection: close") else { break }
            }
            close(connection)
        }
        close(listener)
    }

    /// `false` when there was nothing to write, or nobody to read it.
    private static func write(_ answer: String, to connection: CInt) -> Bool {
        var rest = Array(answer.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return !answer.isEmpty
    }

    /// Head and body of one request, nothing at the connection's end; the body's length is what the head says.
    private static func request(_ connection: CInt) -> String {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = read(connection, &chunk, chunk.count)
            guard count > 0 else { break }
            bytes += chunk[..<count]
            let text = String(decoding: bytes, as: UTF8.self)
            guard let end = text.firstRange(of: "\r\n\r\n") else { continue }
            let length = text[..<end.lowerBound].lowercased().split(separator: "\r\n").first { $0.hasPrefix("content-length: ") }
            if text[end.upperBound...].utf8.count >= length.flatMap({ Int($0.dropFirst("content-length: ".count)) }) ?? 0 { break }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
