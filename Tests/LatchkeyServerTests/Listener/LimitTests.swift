import Glibc
import HummingbirdCore
import Logging
import NIOCore
import ServiceLifecycle
import Synchronization
import Testing

@testable import LatchkeyServer

@Suite("The limits of the listener", .timeLimit(.minutes(1)))
struct LimitTests {
    private static let short = ListenerLimits(idleTimeout: .milliseconds(150))

    @Test func `close a connection that never sends a request`() async throws {
        try await withServer(limits: Self.short) { server in
            let answer = try await server.exchange("")
            #expect(answer.end == .closed)
        }
    }

    @Test func `close a connection that drips its head`() async throws {
        try await withServer(limits: Self.short) { server in
            let ended = try await blocking {
                let client = try server.connect()
                defer { client.close() }
                try client.send("GET / HTTP/1.1\r\nX: ")
                client.limitWaits(to: 0.02)
                // Each wait that times out is followed by one more byte of a head that would take a minute.
                for _ in 0..<3000 {
                    do {
                        try client.send("a")
                        if try client.receive().isEmpty { return true }
                    } catch let failure as RawClient.Failure where [EAGAIN, EWOULDBLOCK].contains(failure.number) {
                        continue
                    } catch {
                        return true
                    }
                }
                return false
            }
            #expect(ended)
        }
    }

    @Test func `close a connection that is idle after an answer`() async throws {
        try await withServer(limits: ListenerLimits(idleTimeout: .milliseconds(600))) { server in
            let answer = try await server.exchange(get)
            #expect(answer.text.hasSuffix("/a 0"))
            #expect(answer.end == .closed)
        }
    }

    @Test func `leave a slow responder its time`() async throws {
        let began = Latch()
        let goOn = Latch()
        let responder = Answering { _, _ in
            began.open()
            await goOn.wait()
            return .text("done")
        }
        try await withServer(limits: ListenerLimits(idleTimeout: .milliseconds(400)), responder) { server in
            let client = try server.connect()
            defer { client.close() }
            try client.send(getAndClose)
            await began.wait()
            // Connections that are opened later, and idle, are closed while it waits.
            for _ in 0..<2 {
                let answer = try await server.exchange("")
                #expect(answer.end == .closed)
            }
            goOn.open()
            #expect(try await blocking { client.receiveAll() }.text.hasSuffix("done"))
        }
    }

    @Test func `let a waiting connection have the place of one that is idle, before its time, and never that of one at work`() async throws
    {
        let began = Latch()
        let goOn = Latch()
        let responder = Answering { request, _ in
            if request.uri.path == "/slow" {
                began.open()
                await goOn.wait()
            }
            return .text("done")
        }
        let limits = ListenerLimits(maxConnections: 3, idleTimeout: .seconds(600), idleWhenFull: .milliseconds(50))
        try await withServer(limits: limits, responder) { server in
            let slow = try server.connect()
            defer { slow.close() }
            try slow.send("GET /slow HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            await began.wait()
            let silent = try server.connect()
            defer { silent.close() }
            let dripping = try server.connect()
            defer { dripping.close() }
            try dripping.send("GET / HTT")
            for _ in 0..<4 {
                let answer = try await server.exchange(getAndClose)
                #expect(answer.text.hasSuffix("done"))
            }
            #expect(try await blocking { silent.receiveAll() }.end == .closed)
            #expect(try await blocking { dripping.receiveAll() }.end == .closed)
            goOn.open()
            #expect(try await blocking { slow.receiveAll() }.text.hasSuffix("done"))
        }
    }

    @Test func `keep the surplus of connections waiting until one ends`() async throws {
        try await withServer(limits: ListenerLimits(maxConnections: 2, idleWhenFull: .seconds(60))) { server in
            let served = try (0..<2).map { _ in try server.connect() }
            for client in served {
                try client.send(get)
                #expect(try await blocking { try client.receive(until: "/a 0") }.hasSuffix("/a 0"))
            }
            let surplus = try server.connect()
            defer { surplus.close() }
            try surplus.send(getAndClose)
            surplus.limitWaits(to: 0.2)
            #expect(try await blocking { surplus.receiveAll() }.end == .timedOut)
            surplus.limitWaits(to: 10)
            served[0].close()
            #expect(try await blocking { surplus.receiveAll() }.text.hasSuffix("/a 0"))
            served[1].close()
        }
    }

    @Test func `count a request whose client left until its work ends`() async throws {
        let began = Latch()
        let goOn = Latch()
        let responder = Answering { request, _ in
            if request.uri.path == "/slow" {
                began.open()
                await goOn.wait()
            }
            return .text("done")
        }
        try await withServer(limits: ListenerLimits(maxConnections: 1), responder) { server in
            let gone = try server.connect()
            try gone.send("GET /slow HTTP/1.1\r\nHost: x\r\n\r\n")
            await began.wait()
            gone.close()
            let next = try server.connect()
            defer { next.close() }
            next.limitWaits(to: 0.2)
            try next.send(getAndClose)
            #expect(try await blocking { next.receiveAll() }.end == .timedOut)
            next.limitWaits(to: 10)
            goOn.open()
            #expect(try await blocking { next.receiveAll() }.text.hasSuffix("done"))
        }
    }

    @Test func `give the kernel's queue the length that was asked for`() async throws {
        let socket = try BoundSocket.tcp(host: "127.0.0.1", port: 0)
        let own = try #require(socket.handle.take())
        let copy = dup(own)
        defer { close(copy) }
        let inherited = BoundSocket(descriptor: own, isUnix: false, name: socket.name, port: socket.port)
        try await withServer(on: inherited, limits: ListenerLimits(backlog: 300)) { _ in
            // Of a listening socket, the kernel reports the queue's length where it otherwise counts selective
            // acknowledgements: the eighth 32-bit number of `struct tcp_info`, after eight single bytes.
            var info = [UInt32](repeating: 0, count: 64)
            var size = socklen_t(info.count * 4)
            #expect(getsockopt(copy, CInt(IPPROTO_TCP), TCP_INFO, &info, &size) == 0)
            #expect(info[7] == 300)
        }
    }

    @Test func `outlive the lack of descriptors without spinning`() async {
        await #expect(processExitsWith: .success) {
            let server = try await TestServer.start(Answering.echo)
            var many = rlimit()
            getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &many)
            let client = try server.connect()
            try client.send(get)
            _ = try await blocking { try client.receive(until: "/a 0") }
            // Room for the client's end and not for the server's.
            var few = many
            few.rlim_cur = 200
            setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &few)
            var last: CInt = -1
            while case let next = dup(client.descriptor), next >= 0 { last = next }
            close(last)
            let waiting = try server.connect()
            try waiting.send(getAndClose)
            waiting.limitWaits(to: 1)
            var before = timespec()
            clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &before)
            let starved = try await blocking { waiting.receiveAll() }
            var after = timespec()
            clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &after)
            precondition(starved.end == .timedOut, "\(starved)")
            let used = (after.tv_sec - before.tv_sec) * 1000 + (after.tv_nsec - before.tv_nsec) / 1_000_000
            precondition(used < 300, "\(used) ms of CPU in a second of waiting")
            setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &many)
            waiting.limitWaits(to: 10)
            let served = try await blocking { waiting.receiveAll() }
            precondition(served.text.hasSuffix("/a 0"))
        }
    }
}
