import HTTPTypes
import HummingbirdCore
import NIOCore
import Testing

@testable import LatchkeyServer

extension ServerTests {
    @Suite("The daemon's look at itself")
    struct ListenerProbeTests {
        private static func failure(_ probe: ListenerProbe) async -> ProbeFailure? {
            await #expect(throws: ProbeFailure.self) { try await probe.jwks() }
        }

        @Test("sees what verifiers see")
        func whole() async throws {
            try await withDaemon { daemon in
                guard case .tcp(let port) = daemon.tcp else { return }
                let seen = try await ListenerProbe(host: "127.0.0.1", port: port).jwks()
                #expect(try await daemon.send("GET", "/.well-known/jwks.json").body == seen && !seen.isEmpty)
            }
        }

        @Test("finds a listener on all addresses", arguments: ["0.0.0.0", "::"])
        func everywhere(_ host: String) async throws {
            let socket = try BoundSocket.tcp(host: host, port: 0)
            try await withServer(on: socket, Answering { request, _ in .text(request.uri.path + " " + (request.head.authority ?? "")) }) {
                server in
                let seen = String(decoding: try await ListenerProbe(server.socket).jwks(), as: UTF8.self)
                #expect(seen == "/.well-known/jwks.json \(host == "::" ? "[::1]" : "127.0.0.1"):\(server.port)")
            }
        }

        @Test("says what it saw instead")
        func refused() async throws {
            try await withServer(Answering { _, _ in .text("no", status: .serviceUnavailable) }) { server in
                let failure = await Self.failure(ListenerProbe(server.socket))
                #expect(failure?.description.contains("503") == true)
            }
        }

        @Test("reads no more than a document can have")
        func large() async throws {
            for (count, isGood) in [(256 * 1024, true), (256 * 1024 + 1, false)] {
                try await withServer(Answering { _, _ in .text(String(repeating: "x", count: count)) }) { server in
                    let probe = ListenerProbe(server.socket)
                    if isGood {
                        let seen = try await probe.jwks()
                        #expect(seen.count == count)
                    } else {
                        let failure = await Self.failure(probe)
                        #expect(failure?.description.contains("bytes") == true)
                    }
                }
            }
        }

        @Test("waits no longer than it may")
        func slow() async throws {
            let latch = Latch()
            let answering = Answering { _, _ in
                await latch.wait()
                return .text("late")
            }
            try await withServer(answering) { server in
                let probe = ListenerProbe(host: "127.0.0.1", port: server.port, limit: .milliseconds(50))
                let failure = await Self.failure(probe)
                #expect(failure?.description.contains("in time") == true)
                latch.open()
            }
        }

        @Test("says that nobody is there")
        func nobody() async throws {
            let socket = try BoundSocket.tcp(host: "127.0.0.1", port: 0)
            let port = try #require(socket.port)
            socket.close()
            let failure = await Self.failure(ListenerProbe(host: "127.0.0.1", port: port))
            #expect(failure?.description.contains("\(port)") == true)
        }
    }
}
