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

        @Test("is not made without the one that sealed what is there, unless that is given up: then every key is a new one")
        func lost() async throws {
            let scratch = Scratch()
            let settings: [Setting: String] = [.issuer: "https://keys.test"]
            var pair = TestDaemon.Pair(access: "", refresh: "")
            var before: [String] = []
            try await withDaemon(settings, scratch: scratch) { daemon in
                pair = try await daemon.pair(daemon.identity("relayauth:identity:read:*"))
                before = try await daemon.published()
                expectField(try await daemon.admin("POST", "/v1/admin/seal/rewrap", body: #"{"giveUp":"it is there"}"#), "giveUp")
            }
            try FileManager.default.removeItem(atPath: scratch.state + "/master.key")
            try await withDaemon(settings, scratch: scratch) { daemon in
                expectError(try await daemon.admin("POST", "/v1/admin/seal/rewrap"), 503, "signing_unavailable")
                #expect(scratch.files["state/master.key"] == nil, "none was made")
                #expect(try await daemon.send("GET", "/v1/identities", [pair.bearer]).status == 200)
                let answer = try await daemon.done("/v1/admin/seal/rewrap", #"{"giveUp":"the disk it was on is gone"}"#)
                #expect(answer["oldMasterKey"] == nil && answer["masterKey"]?.text == scratch.state + "/master.key")
                let after = try await daemon.published()
                #expect(after.count == 2 && Set(after).isDisjoint(with: before))
                expectError(try await daemon.send("GET", "/v1/identities", [pair.bearer]), 401, "invalid_token")
                let next = try TestDaemon.pair(await daemon.refresh(pair.refresh))
                #expect(try await daemon.send("GET", "/v1/identities", [next.bearer]).status == 200)
                #expect(try daemon.audit(.sealRewrapped).last?.metadata.values.contains("the disk it was on is gone") == true)
            }
        }

        @Test("is made here where it is a file of this program, and refuses another file")
        func keyFile() async throws {
            try await withDaemon { daemon in
                for file in ["/etc/passwd", "/nowhere", "x"] {
                    let reply = try await daemon.admin("POST", "/v1/admin/seal/rewrap", body: #"{"keyFile":"\#(file)"}"#)
                    expectField(reply, "keyFile", file)
                }
                expectField(try await daemon.admin("POST", "/v1/admin/seal/rewrap", body: #"{"keyFile":7}"#), "keyFile")
            }
        }
    }
}
