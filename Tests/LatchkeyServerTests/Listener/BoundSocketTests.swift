import Glibc
import Testing

@testable import LatchkeyServer

@Suite("A socket that is opened here", .timeLimit(.minutes(1)))
struct BoundSocketTests {
    // MARK: - TCP

    @Test(arguments: [("127.0.0.1", "127.0.0.1:"), ("localhost", "127.0.0.1:"), ("::1", "[::1]:"), ("[::1]", "[::1]:")])
    func `knows the port that it really got`(host: String, shown: String) throws {
        let socket = try BoundSocket.tcp(host: host, port: 0)
        defer { socket.close() }
        let port = try #require(socket.port)
        #expect(port > 0)
        #expect(socket.name == shown + "\(port)")
        #expect(!socket.isUnix)
    }

    @Test(arguments: ["example.org", "", "127.0.0.1 ", "127.1", "127.0.0.1\0", "[127.0.0.1", "1::2::3"])
    func `refuses a host that is no address`(host: String) {
        #expect(throws: ListenerError(.invalidAddress, "")) { try BoundSocket.tcp(host: host, port: 0) }
    }

    @Test(arguments: [-1, 65_536])
    func `refuses a port that is none`(port: Int) {
        #expect(throws: ListenerError(.invalidAddress, "")) { try BoundSocket.tcp(host: "127.0.0.1", port: port) }
    }

    @Test func `refuses an address that is in use, and names it`() throws {
        let first = try BoundSocket.tcp(host: "127.0.0.1", port: 0)
        defer { first.close() }
        let port = try #require(first.port)
        let error = try #require(throws: ListenerError.self) { try BoundSocket.tcp(host: "127.0.0.1", port: port) }
        #expect(error.code == .addressInUse)
        #expect(error.message.contains("127.0.0.1:\(port)"))
    }

    @Test func `refuses an address that this host doesn't have`() {
        #expect(throws: ListenerError(.addressNotAvailable, "")) { try BoundSocket.tcp(host: "192.0.2.1", port: 0) }
    }

    @Test(arguments: [
        ("127.0.0.1", true), ("127.9.9.9", true), ("localhost", true), ("LocalHost", true), ("::1", true), ("[::1]", true),
        ("::ffff:127.0.0.1", true), ("0.0.0.0", false), ("::", false), ("10.0.0.1", false), ("128.0.0.1", false),
        ("::ffff:10.0.0.1", false), ("::2", false), ("localhost.example.org", false), ("127.0.0.1.example.org", false), ("", false),
    ])
    func `tells loopback from the rest`(host: String, loopback: Bool) {
        #expect(BoundSocket.isLoopback(host: host) == loopback)
    }

    // MARK: - Unix

    /// Returns when nobody listens on the path. A process that another test is just starting has our descriptors until it
    /// becomes its own program.
    private static func death(of path: String) async throws {
        try await blocking {
            while let client = try? RawClient.unix(path) { client.close() }
        }
    }

    @Test(arguments: [mode_t(0o600), 0o660, 0o666])
    func `has the mode and the group that were asked for`(mode: mode_t) async throws {
        try await withDirectory { directory in
            let path = "\(directory)/a.sock"
            // Root may give it to any group, others only to their own.
            let group: gid_t = geteuid() == 0 ? 4343 : getegid()
            let socket = try BoundSocket.unix(path: path, mode: mode, group: group)
            defer { socket.close() }
            let made = try #require(status(of: path))
            #expect(made.st_mode & 0o7777 == mode)
            #expect(made.st_gid == group)
            #expect(socket.isUnix)
            #expect(socket.name == path)
            #expect(socket.port == nil)
        }
    }

    @Test func `is never open to more than asked, not for a moment`() async {
        await #expect(processExitsWith: .success) {
            umask(0)
            try await withDirectory { directory in
                let path = "\(directory)/a.sock"
                let watching = Latch()
                let watcher = Task {
                    try await blocking {
                        watching.open()
                        var seen: Set<mode_t> = []
                        while status(of: "\(directory)/done") == nil {
                            if let made = status(of: path) { seen.insert(made.st_mode & 0o7777) }
                        }
                        return seen
                    }
                }
                await watching.wait()
                for _ in 0..<2000 { try BoundSocket.unix(path: path, mode: 0o600, group: nil).close() }
                close(creat("\(directory)/done", 0o600))
                let seen = try await watcher.value
                precondition(seen == [0o600], "\(seen)")
            }
        }
    }

    @Test func `refuses a path that is too long or in no directory`() {
        let long = "/tmp/" + String(repeating: "a", count: 103)
        for path in [long, "", "/tmp/a\0b", "/tmp/no/such/directory/a.sock"] {
            #expect(throws: ListenerError(.invalidAddress, "")) { try BoundSocket.unix(path: path, mode: 0o600, group: nil) }
        }
    }

    @Test func `refuses to replace what is no socket, and leaves it alone`() async throws {
        try await withDirectory { directory in
            let path = "\(directory)/a.sock"
            close(creat(path, 0o600))
            #expect(throws: ListenerError(.notASocket, "")) { try BoundSocket.unix(path: path, mode: 0o600, group: nil) }
            #expect(status(of: path).map { $0.st_mode & S_IFMT } == S_IFREG)
            unlink(path)
            symlink("\(directory)/elsewhere", path)
            #expect(throws: ListenerError(.notASocket, "")) { try BoundSocket.unix(path: path, mode: 0o600, group: nil) }
        }
    }

    @Test func `replaces a stale socket`() async throws {
        try await withDirectory { directory in
            let path = "\(directory)/a.sock"
            let dead = try BoundSocket.unix(path: path, mode: 0o600, group: nil)
            close(try #require(dead.handle.take()))
            try await Self.death(of: path)
            let live = try BoundSocket.unix(path: path, mode: 0o600, group: nil)
            try RawClient.unix(path).close()
            dead.close()
            #expect(status(of: path) != nil)
            live.close()
            #expect(status(of: path) == nil)
        }
    }

    @Test func `refuses the path of a running instance, even one whose queue is full`() async throws {
        try await withDirectory { directory in
            let path = "\(directory)/a.sock"
            let live = try BoundSocket.unix(path: path, mode: 0o600, group: nil)
            defer { live.close() }
            let descriptor = try #require(live.handle.take())
            defer { close(descriptor) }
            // The first attempt takes the only place in the queue.
            listen(descriptor, 0)
            for _ in 0..<2 {
                #expect(throws: ListenerError(.addressInUse, "")) { try BoundSocket.unix(path: path, mode: 0o600, group: nil) }
            }
            #expect(status(of: path) != nil)
        }
    }

    @Test func `is not touched while another start holds its directory`() async throws {
        try await withDirectory { directory in
            let path = "\(directory)/a.sock"
            let holder = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
            defer { close(holder) }
            #expect(flock(holder, LOCK_EX) == 0)
            await #expect(throws: ListenerError(.addressInUse, "")) {
                try await blocking { try BoundSocket.unix(path: path, mode: 0o600, group: nil) }
            }
            #expect(status(of: path) == nil)
        }
    }

    @Test func `is won by one of many that start at once over a stale path`() async throws {
        try await withDirectory { directory in
            for round in 0..<10 {
                let path = "\(directory)/\(round).sock"
                let dead = try BoundSocket.unix(path: path, mode: 0o600, group: nil)
                close(try #require(dead.handle.take()))
                try await Self.death(of: path)
                let winners = await withTaskGroup(of: BoundSocket?.self) { group in
                    for _ in 0..<8 { group.addTask { try? await blocking { try BoundSocket.unix(path: path, mode: 0o600, group: nil) } } }
                    return await group.reduce(into: []) { if let socket = $1 { $0.append(socket) } }
                }
                #expect(winners.count == 1)
                try RawClient.unix(path).close()
            }
        }
    }
}
