import Glibc

/// A client that sends and receives bytes as they are, over a socket of its own, with a limit on every wait.
struct RawClient: Sendable {
    struct Failure: Error, CustomStringConvertible {
        let description: String
        let number: CInt
        init(_ what: String, _ number: CInt = errno) {
            self.description = "\(what): \(String(cString: strerror(number)))"
            self.number = number
        }
    }

    /// How a connection ended.
    enum End: Equatable { case closed, reset, timedOut }

    let descriptor: CInt

    /// - Parameter receiveBuffer: bytes that the kernel keeps for us, at least; as it likes when `nil`.
    static func tcp(_ port: Int, receiveBuffer: CInt? = nil) throws -> RawClient {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        return try Self.connect(AF_INET, address, receiveBuffer: receiveBuffer)
    }

    static func tcp6(_ port: Int) throws -> RawClient {
        var address = sockaddr_in6()
        address.sin6_family = sa_family_t(AF_INET6)
        address.sin6_port = UInt16(port).bigEndian
        address.sin6_addr = in6addr_loopback
        return try Self.connect(AF_INET6, address)
    }

    static func unix(_ path: String) throws -> RawClient {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        return try Self.connect(AF_UNIX, address)
    }

    private static func connect<Address>(_ family: CInt, _ address: Address, receiveBuffer: CInt? = nil) throws -> RawClient {
        let descriptor = socket(family, CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw Failure("socket") }
        let client = RawClient(descriptor: descriptor)
        client.limitWaits(to: 10)
        if var bytes = receiveBuffer { setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &bytes, socklen_t(MemoryLayout<CInt>.size)) }
        let answer = withUnsafeBytes(of: address) {
            Glibc.connect(descriptor, $0.baseAddress!.assumingMemoryBound(to: sockaddr.self), socklen_t($0.count))
        }
        guard answer == 0 else {
            let failure = Failure("connect")
            Glibc.close(descriptor)
            throw failure
        }
        return client
    }

    func limitWaits(to seconds: Double) {
        var limit = timeval(tv_sec: Int(seconds), tv_usec: Int((seconds - seconds.rounded(.down)) * 1_000_000))
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
            setsockopt(self.descriptor, SOL_SOCKET, option, &limit, socklen_t(MemoryLayout<timeval>.size))
        }
    }

    func send(_ text: String) throws {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let sent = bytes.withUnsafeBytes { Glibc.send(self.descriptor, $0.baseAddress!, $0.count, CInt(MSG_NOSIGNAL)) }
            guard sent > 0 else { throw Failure("send") }
            bytes = bytes.dropFirst(sent)
        }
    }

    /// Sends up to `limit` bytes and returns how many went, until the other side takes no more.
    func pour(_ limit: Int) -> Int {
        let chunk = [UInt8](repeating: UInt8(ascii: "x"), count: 64 * 1024)
        var total = 0
        while total < limit {
            let sent = chunk.withUnsafeBytes { Glibc.send(self.descriptor, $0.baseAddress!, $0.count, CInt(MSG_NOSIGNAL)) }
            guard sent > 0 else { break }
            total += sent
        }
        return total
    }

    /// What comes next; empty at the end of the connection.
    func receive() throws -> [UInt8] {
        var buffer = [UInt8](repeating: 0, count: 64 * 1024)
        let count = recv(self.descriptor, &buffer, buffer.count, 0)
        guard count >= 0 else { throw Failure("recv") }
        return Array(buffer.prefix(count))
    }

    /// All that comes until the connection ends.
    func receiveAll() -> (text: String, end: End) {
        var bytes: [UInt8] = []
        while true {
            do {
                let more = try self.receive()
                if more.isEmpty { return (String(decoding: bytes, as: UTF8.self), .closed) }
                bytes += more
            } catch let failure as Failure {
                return (String(decoding: bytes, as: UTF8.self), failure.number == ECONNRESET ? .reset : .timedOut)
            } catch {
                return (String(decoding: bytes, as: UTF8.self), .timedOut)
            }
        }
    }

    /// What comes until `mark` has been seen, or the connection ends.
    func receive(until mark: String) throws -> String {
        var bytes: [UInt8] = []
        while !String(decoding: bytes, as: UTF8.self).contains(mark) {
            let more = try self.receive()
            if more.isEmpty { break }
            bytes += more
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    func endSending() { shutdown(self.descriptor, CInt(SHUT_WR)) }

    func close() { Glibc.close(self.descriptor) }
}

/// Runs blocking work on a thread of its own: on those of the concurrency runtime, a few waiting clients would stop the
/// server's own tasks.
func blocking<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
        let job = Unmanaged.passRetained(Job { continuation.resume(with: Result { try work() }) })
        var thread = pthread_t()
        let started = pthread_create(
            &thread,
            nil,
            { job in
                Unmanaged<Job>.fromOpaque(job!).takeRetainedValue().run()
                return nil
            },
            job.toOpaque()
        )
        precondition(started == 0, "no thread")
        pthread_detach(thread)
    }
}

private final class Job: Sendable {
    let run: @Sendable () -> Void
    init(_ run: @escaping @Sendable () -> Void) { self.run = run }
}

extension RawClient.Failure {
    var isReset: Bool { number == ECONNRESET || number == EPIPE }
}
