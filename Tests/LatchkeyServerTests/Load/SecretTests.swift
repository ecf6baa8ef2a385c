import FoundationEssentials
import LatchkeyCrypto
import LatchkeyServer
import Testing

extension ServerTests {
    @Suite("Secrets")
    struct SecretTests {
        @Test("are in no log message, at no level, and in no file but as the index's hashes")
        func nowhere() async throws {
            let scratch = Scratch()
            try FileManager.default.createDirectory(
                atPath: scratch.state, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
            let clock = ManualClock()
            let daemon = try await TestDaemon(scratch: scratch, clock: clock)
            daemon.ledger.note("a secret that is noted")
            #expect(daemon.ledger.found(in: Array("xx a secret that is noted".utf8), rawHashes: true).count == 1, "the search works")
            let identity = try await daemon.identity("*")
            for number in 0..<5 {
                let key = try await daemon.key("*", name: "k\(number)")
                let pair = try TestDaemon.pair(
                    await daemon.call(
                        "POST", "/v1/tokens", key: key.secret, body: #"{"identityId":"\#(identity)","audience":["relayauth"]}"#))
                let renewed = try TestDaemon.pair(await daemon.refresh(pair.refresh))
                _ = try await daemon.refresh(pair.refresh)
                let minted = try await daemon.send(
                    "POST", "/v1/api-keys", [renewed.bearer], body: #"{"name":"t","scopes":["relayfile:fs:read:*"]}"#)
                let made = try TestDaemon.key(minted)
                for (path, status) in [("/v1/api-keys/\(made.id)/rotate", 201), ("/api/v1/keys", 201), ("/org/tokens", 200)] {
                    #expect(try await daemon.send("POST", path, [renewed.bearer]).status == status, "\(path)")
                }
                // and where a careless client puts them
                for secret in [key.secret, pair.access, pair.refresh] {
                    _ = try await daemon.send("GET", "/v1/tokens/introspect?token=\(secret)", [renewed.bearer])
                    _ = try await daemon.send("GET", "/v1/api-keys/\(secret)", [renewed.bearer, ("user-agent", "curl")])
                    _ = try await daemon.send("GET", "/v1/\(secret)")
                    _ = try await daemon.send("GET", "/v1/revocations?jti=\(secret.prefix(200))")
                    _ = try await daemon.send("POST", "/v1/tokens/revoke", [renewed.bearer], body: #"{"tokenId":"\#(secret)"}"#)
                    _ = try await daemon.send("POST", "/v1/tokens/refresh", body: #"{"refreshToken":"\#(secret)""#)
                    _ = try await daemon.send("POST", "/v1/tokens", [renewed.bearer], body: #"{"identityId":"\#(secret)"}"#)
                    _ = try await daemon.send("GET", "/v1/api-keys", [("authorization", "Bearer \(secret)x")])
                }
                #expect(try await daemon.admin("POST", "/v1/api-keys/\(key.id)/revoke").status == 200)
                _ = try await daemon.call("GET", "/v1/api-keys", key: key.secret)
                clock.advance(seconds: 20)
                expectError(try await daemon.refresh(pair.refresh), 401, "invalid_refresh_token")
            }
            #expect(daemon.ledger.count == 46)
            try await daemon.stop()
            daemon.expectCleanLog()
            let master = try #require(scratch.files["state/master.key"])
            daemon.ledger.note(String(decoding: master, as: UTF8.self))
            #expect(scratch.files.count >= 2)
            for (name, bytes) in scratch.files where name != "state/master.key" {
                #expect(daemon.ledger.found(in: bytes, rawHashes: false).isEmpty, "in \(name)")
                #expect(!SecretLedger.contains(bytes, master), "the master key is in \(name)")
                #expect(!SecretLedger.contains(bytes, Array("PRIVATE KEY".utf8)), "in \(name)")
            }
            // The one place for a key's hash is the store's index.
            let minted = try #require(scratch.files["state/store/data.mdb"])
            #expect(!minted.isEmpty)
        }

        @Test("are shown once, in the answer that creates them")
        func shownOnce() async throws {
            try await withDaemon { daemon in
                let key = try await daemon.key("*")
                let hash = SHA256.hash(Array(key.secret.utf8))
                for target in ["/v1/api-keys", "/v1/api-keys/\(key.id)", "/v1/admin/status", "/v1/identities"] {
                    let text = try await daemon.admin("GET", target).text
                    #expect(!text.contains(key.secret) && !text.contains(key.secret.dropFirst(11)), "\(target)")
                    #expect(!text.contains(Base64URL.encode(hash)) && !text.contains("hash"), "\(target)")
                }
                #expect(key.reply["cache-control"] == "no-store")
                #expect(key.secret.utf8.count == 52 && key.secret.hasPrefix("lk_"))
            }
        }
    }
}
