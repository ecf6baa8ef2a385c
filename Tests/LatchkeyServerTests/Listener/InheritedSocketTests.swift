import Glibc
import Testing

@testable import LatchkeyServer

@Suite("Sockets inherited from the service manager", .timeLimit(.minutes(1)))
struct InheritedSocketTests {
    private static let tcp = CInt(SOCK_STREAM.rawValue)

    /// Puts descriptors where they are wanted, side by side, as the service manager does.
    private static func place(_ descriptors: [CInt], at first: CInt) {
        for (index, descriptor) in descriptors.enumerated() { dup2(descriptor, first + CInt(index)) }
    }

    private static func variables(_ count: Int, names: String? = nil) -> [String: String] {
        var variables = ["LISTEN_FDS": "\(count)", "LISTEN_PID": "\(getpid())"]
        variables["LISTEN_FDNAMES"] = names
        return variables
    }

    private static func take(_ variables: [String: String], first: CInt = 3) throws -> [BoundSocket] {
        try BoundSocket.inherited(variables: variables, process: getpid(), first: first)
    }

    @Test func `are taken with their addresses and names, closed on exec, and their path is left`() async throws {
        try await withDirectory { directory in
            let path = "\(directory)/a.sock"
            let made = [try BoundSocket.tcp(host: "127.0.0.1", port: 0), try BoundSocket.unix(path: path, mode: 0o600, group: nil)]
            let own = try made.map { try #require($0.handle.take()) }
            Self.place(own, at: 900)
            for descriptor in own { close(descriptor) }
            let sockets = try Self.take(Self.variables(2, names: "web:admin"), first: 900)
            #expect(sockets.map(\.name) == [made[0].name, path])
            #expect(sockets.map(\.port) == [made[0].port, nil])
            #expect(sockets.map(\.isUnix) == [false, true])
            #expect(sockets.map(\.activationName) == ["web", "admin"])
            #expect([CInt(900), 901].allSatisfy { fcntl($0, F_GETFD) & FD_CLOEXEC != 0 })
            for socket in sockets { socket.close() }
            #expect(status(of: path) != nil)
        }
    }

    @Test func `are served`() async throws {
        let made = try BoundSocket.tcp(host: "127.0.0.1", port: 0)
        let own = try #require(made.handle.take())
        Self.place([own], at: 910)
        close(own)
        let sockets = try Self.take(Self.variables(1), first: 910)
        try await withServer(on: sockets[0]) { server in
            let answer = try await server.exchange(getAndClose)
            #expect(answer.text.hasSuffix("/a 0"))
        }
    }

    @Test func `are none when none were announced, or for another process`() throws {
        #expect(try Self.take([:]).isEmpty)
        #expect(try Self.take(Self.variables(0)).isEmpty)
        #expect(try Self.take(["LISTEN_FDS": "1", "LISTEN_PID": "1"]).isEmpty)
        #expect(try Self.take(["LISTEN_FDS": "1", "LISTEN_PID": "x"]).isEmpty)
        #expect(try Self.take(["LISTEN_FDS": "1"]).isEmpty)
    }

    @Test(arguments: ["", "x", "-1", "1x", "99999999999"])
    func `are refused when their number is none`(count: String) {
        #expect(throws: ListenerError(.badInheritance, "")) {
            try Self.take(["LISTEN_FDS": count, "LISTEN_PID": "\(getpid())"])
        }
    }

    @Test func `are refused when one is not open`() {
        #expect(throws: ListenerError(.badInheritance, "")) { try Self.take(Self.variables(1), first: 990) }
    }

    @Test func `are refused when one is no listening stream socket of a known family`() throws {
        var ends: [CInt] = [0, 0]
        #expect(pipe(&ends) == 0)
        let datagram = socket(AF_INET, CInt(SOCK_DGRAM.rawValue), 0)
        let silent = socket(AF_INET, Self.tcp, 0)
        let foreign = socket(AF_NETLINK, CInt(SOCK_RAW.rawValue), 0)
        let cases: [(CInt, String)] = [
            (ends[0], "is not a socket"), (datagram, "is not a stream"), (silent, "does not listen"), (foreign, "is not a stream"),
        ]
        for (index, (descriptor, reason)) in cases.enumerated() {
            let place = CInt(920 + index)
            Self.place([descriptor], at: place)
            defer { close(place) }
            let error = try #require(throws: ListenerError.self) { try Self.take(Self.variables(1), first: place) }
            #expect(error.code == .badInheritance)
            #expect(error.message.contains(reason))
        }
        for descriptor in ends + [datagram, silent, foreign] { close(descriptor) }
    }

    @Test func `leave nothing in the environment for children to believe`() async {
        await #expect(processExitsWith: .success) {
            for name in ["LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES"] { setenv(name, "1", 1) }
            let sockets = try BoundSocket.inherited()
            precondition(sockets.isEmpty)
            for name in ["LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES"] { precondition(getenv(name) == nil) }
        }
    }
}
