import FoundationEssentials
import LatchkeyServer
import LatchkeyAuthority
import LatchkeyVerifier
import Testing

extension ServerTests {
    @Suite("A new master key")
    struct SealRouteTests {
        @Test("takes the old one's file, opens all that was sealed, now and after a restart, and names the old one for destruction")
        func rewrap() async throws {
            let scratch = Scratch()
            let clock = ManualClock()
            let settings: [Setting: String] = [.issuer: "https://keys.test"]
            let path = scratch.state + "/master.key"
            var identity = ""
            var old: [UInt8] = []
            var document: [UInt8] = []
            try await withDaemon(settings, scratch: scratch, clock: clock) { daemon in
                identity = try await daemon.identity("relayauth:identity:read:*")
                old = try #require(scratch.files["state/master.key"])
                document = try await daemon.send("GET", "/.well-known/jwks.json").body
                let records = try #require(try await daemon.admin("GET", "/v1/admin/status").json["seal"]?["records"]?.number)
                #expect(records >= 3, "two signing keys and the trust anchor")
                let answer = try await daemon.done("/v1/admin/seal/rewrap")
                #expect(answer["records"]?.number == records && answer["masterKey"]?.text == path)
                #expect(answer["rewrappedAt"]?.text == clock.now().description)
                let left = try #require(answer["oldMasterKey"]?.text)
                #expect(FileManager.default.contents(atPath: left).map(Array.init) == old)
                #expect(scratch.files["state/master.key"] != old && scratch.files["state/master.key.next"] == nil)
                _ = try await daemon.pair(identity)
                clock.advance(seconds: 86_400)
                try await daemon.done("/v1/admin/keys/rotate")
                document = try await daemon.send("GET", "/.well-known/jwks.json").body
                #expect(try daemon.audit(.sealRewrapped).last?.actor.hasPrefix("admin-socket:uid=") == true)
                try FileManager.default.removeItem(atPath: left)
            }
            try await withDaemon(settings, scratch: scratch, clock: clock) { daemon in
                #expect(try await daemon.send("GET", "/v1/health").json["status"]?.text == "healthy")
                #expect(try await daemon.send("GET", "/.well-known/jwks.json").body == document)
                _ = try await daemon.pair(identity)
            }
            let new = try #require(scratch.files["state/master.key"])
            for (name, bytes) in scratch.files where name != "state/master.key" {
                #expect(!SecretLedger.contains(bytes, new), "the new master key is in \(name)")
            }
        }

        @Test("is not made without the one that sealed what is there")
        func closed() async throws {
            let scratch = Scratch()
            try await withDaemon(scratch: scratch) { _ in }
            try FileManager.default.removeItem(atPath: scratch.state + "/master.key")
            try await withDaemon(scratch: scratch) { daemon in
                let reply = try await daemon.admin("POST", "/v1/admin/seal/rewrap")
                expectError(reply, 503, "signing_unavailable")
                #expect(!reply.text.contains(scratch.path))
            }
            #expect(scratch.files["state/master.key"] == nil, "none was made")
        }
    }
}
