import Glibc
import HummingbirdCore
import Testing

@testable import LatchkeyServer

extension ServerTests {
    @Suite("The listener's inside door")
    struct InsideDoorTests {
        @Test("leads to the same answers, as a client of this host")
        func answers() async throws {
            let door = InsideDoor()
            let answering = Answering { request, peer in .text("\(request.uri.path) \(peer)") }
            try await withServer(door: door, answering) { server in
                // Nothing listens there: only the door leads in.
                let probe = ListenerProbe(host: "127.0.0.1", port: 1, door: door)
                let seen = String(decoding: try await probe.jwks(), as: UTF8.self)
                #expect(seen == "/.well-known/jwks.json \(Peer.network(address: "127.0.0.1"))")
            }
        }

        @Test("is shut before the listener serves")
        func shut() async throws {
            await #expect(throws: ListenerError.self) { try await InsideDoor().connect() }
        }

        @Test("is shut again when the listener has ended")
        func shutAgain() async throws {
            let door = InsideDoor()
            try await withServer(door: door) { _ in
                let end = try await door.connect()
                close(end)
            }
            await #expect(throws: ListenerError.self) { try await door.connect() }
        }

        @Test("keeps the listener until the answer that was asked through it is given")
        func stop() async throws {
            let door = InsideDoor()
            let (asked, mayAnswer) = (Latch(), Latch())
            let answering = Answering { _, _ in
                asked.open()
                await mayAnswer.wait()
                return .text("late but whole")
            }
            try await withServer(door: door, answering) { server in
                async let seen = ListenerProbe(host: "127.0.0.1", port: 1, door: door).jwks()
                await asked.wait()
                await server.beginStop()
                mayAnswer.open()
                let text = String(decoding: try await seen, as: UTF8.self)
                #expect(text == "late but whole")
            }
        }

        @Test("lets a cutover look at its own JWKS where the daemon can't reach the socket that it was given")
        func cutover() async throws {
            let made = try BoundSocket.tcp(host: "127.0.0.1", port: 0)
            let descriptor = try #require(made.handle.take())
            // As in an empty network namespace: at the address that it knows, nobody answers.
            let handed = BoundSocket(descriptor: descriptor, isUnix: false, name: "127.0.0.1:1", port: 1, activationName: "api")
            try await withDaemon(scratch: try Scratch.withEmptyState(), inherited: [handed]) { daemon in
                try await daemon.done("/v1/admin/cutover/legacy-secret", LegacyIssuer(daemon).body())
                #expect(try await daemon.done("/v1/admin/cutover/advance")["to"]?.text == "published")
            }
        }
    }
}
