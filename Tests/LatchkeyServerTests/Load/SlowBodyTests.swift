import Glibc
@testable import LatchkeyServer
import Logging
import ServiceLifecycle
import Testing

extension ServerTests {
    @Suite("Slow bodies")
    struct SlowBodyTests {
        private static let head = "POST /v1/tokens/refresh HTTP/1.1\r\nhost: test\r\ncontent-length: 60000\r\n\r\n"

        @Test("300 connections that send a body byte by byte hold nobody up")
        func drip() async throws {
            try await withDaemon { daemon in
                let key = try await daemon.key("relayauth:identity:read:*")
                var slow: [Wire] = []
                for _ in 0..<300 {
                    let wire = try await Wire.open(daemon.tcp)
                    try await wire.send(Self.head)
                    slow.append(wire)
                }
                var served = 0
                for _ in 0..<10 {
                    for wire in slow { try await wire.send([UInt8(ascii: " ")]) }
                    for _ in 0..<10 {
                        let replies = try await [
                            daemon.send("GET", "/health"), daemon.call("GET", "/v1/identities", key: key.secret), daemon.refresh("x"),
                        ]
                        served += replies.map(\.status) == [200, 200, 401] ? replies.count : 0
                    }
                }
                #expect(served == 300)
                #expect(slow.allSatisfy { !$0.isClosed }, "they were at it all the while")
                for wire in slow { await wire.close() }
            }
        }

        @Test("One that takes too long is 408, and its connection ends")
        func timeout() async throws {
            try await withDaemon { daemon in
                let about = About(
                    version: "0", listen: nil, adminSocket: nil, stateDirectory: "", masterKey: "", masterKeySharesDisk: false,
                    retryWindow: 10, metrics: Metrics(.api))
                let responder = try APIResponder(
                    table: .api, authority: daemon.authority, peers: PeerPolicy(ownUser: geteuid(), adminGroup: nil), proxies: .none,
                    clock: daemon.clock, about: about, probe: ListenerProbe(host: "127.0.0.1", port: 1))
                let socket = try BoundSocket.tcp(host: "127.0.0.1", port: 0)
                var limits = ListenerLimits()
                limits.bodyTimeout = .milliseconds(100)
                let listener = Listener(socket: socket, responder: responder, limits: limits, logger: daemon.log.logger)
                let group = ServiceGroup(configuration: .init(services: [.init(service: listener)], logger: daemon.log.logger))
                let task = Task { try await group.run() }
                let wire = try await Wire.open(.tcp(port: try #require(socket.port)))
                try await wire.send(Self.head + "{")
                let reply = try await wire.reply()
                expectError(reply, 408, "body_timeout")
                #expect(reply["connection"] == "close")
                await wire.untilClosed()
                await group.triggerGracefulShutdown()
                try await task.value
            }
        }
    }
}
