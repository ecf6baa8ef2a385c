@testable import LatchkeyAuthority
import LatchkeyServer
import Testing

extension ServerTests {
    @Suite("A stop")
    struct GracefulStopTests {
        @Test("lets requests in flight end with their answers, and leaves a store that opens again")
        func inFlight() async throws {
            let scratch = Scratch()
            let settings: [Setting: String] = [.issuer: "https://keys.test"]
            let daemon = try await TestDaemon(settings, scratch: scratch)
            let identity = try await daemon.identity("relayauth:identity:read:*")
            let key = try await daemon.key("relayauth:token:create:*", "relayauth:identity:read:*")
            let idle = try await Wire.open(daemon.tcp)
            try await idle.send(TestDaemon.request("GET", "/health"))
            #expect(try await idle.reply().status == 200)
            // The daemon asks for the body, so it has the request.
            let body = #"{"identityId":"\#(identity)"}"#
            var wires: [Wire] = []
            for _ in 0..<10 {
                let wire = try await Wire.open(daemon.tcp)
                let head =
                    "POST /v1/tokens HTTP/1.1\r\nhost: test\r\nx-api-key: \(key.secret)\r\nexpect: 100-continue\r\ncontent-length: \(body.utf8.count)\r\n\r\n"
                try await wire.send(head)
                #expect(try await wire.reply(interim: true).status == 100)
                wires.append(wire)
            }
            await daemon.beginStop()
            await idle.untilClosed()
            while let wire = try? await Wire.open(daemon.tcp) { await wire.close() }
            var pairs: [TestDaemon.Pair] = []
            for wire in wires {
                try await wire.send(body)
                let reply = try await wire.reply()
                #expect(reply["connection"] == "close")
                daemon.ledger.note(reply)
                pairs.append(try TestDaemon.pair(reply))
                await wire.untilClosed()
            }
            try await daemon.stop()
            daemon.expectCleanLog()
            #expect(daemon.log.lines.last { $0.contains("on disk") } != nil)

            try await withDaemon(settings, scratch: scratch) { again in
                for pair in pairs {
                    let reply = try await again.send("GET", "/v1/identities", [pair.bearer])
                    #expect(reply.status == 200)
                }
                #expect(try await again.call("GET", "/v1/identities", key: key.secret).status == 200)
                #expect(try again.audit(.tokenIssued).count == 10)
            }
        }

        @Test("writes down what was only in memory")
        func flushes() async throws {
            let scratch = Scratch()
            var id = ""
            try await withDaemon(scratch: scratch) { daemon in
                let key = try await daemon.key("relayauth:api-key:read:*")
                id = key.id
                for _ in 0..<3 { _ = try await daemon.call("GET", "/v1/identities", key: key.secret) }
            }
            try await withDaemon(scratch: scratch) { daemon in
                let denials = try daemon.audit(.scopeDenied)
                #expect(denials.map { $0.metadata["count"] } == ["3"])
                #expect(try await daemon.admin("GET", "/v1/api-keys/\(id)").json["lastUsedAt"]?.text == "2030-01-01T00:00:00.000Z")
            }
        }
    }
}
