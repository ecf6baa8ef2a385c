import FoundationEssentials
import Glibc
import LatchkeyServer
import Testing

extension ServerTests {
    @Suite("A failure")
    struct FailureTests {
        @Test(
            "of the disk's room stops what grows, with one clear error, and nothing else; and it heals by itself",
            .enabled(if: SmallDisk.isPossible))
        func fullDisk() async throws {
            let scratch = Scratch()
            let disk = try #require(SmallDisk(at: scratch.path, bytes: 32 << 20))
            try await withDaemon(scratch: scratch) { daemon in
                let identity = try await daemon.identity("relayauth:identity:read:*")
                let key = try await daemon.key("*")
                let pair = try await daemon.pair(identity)
                let filler = scratch.path + "/filler"
                try Data(count: 20 << 20).write(to: URL(filePath: filler))
                let mint = #"{"name":"k","scopes":["relayfile:fs:read:*"]}"#
                // That there was room is believed for a moment.
                var refused = try await daemon.call("POST", "/v1/api-keys", key: key.secret, body: mint)
                while refused.status == 201 { refused = try await daemon.call("POST", "/v1/api-keys", key: key.secret, body: mint) }
                expectError(refused, 503, "storage_unavailable")
                #expect(refused["retry-after"] != nil)
                expectError(
                    try await daemon.admin("POST", "/v1/tokens", body: #"{"identityId":"\#(identity)"}"#), 503, "storage_unavailable")
                expectError(
                    try await daemon.admin("POST", "/v1/identities", body: #"{"name":"n","sponsorId":"a"}"#), 503, "storage_unavailable")
                expectError(try await daemon.refresh(pair.refresh), 503, "storage_unavailable")
                // What was wrong before is still told before.
                expectError(try await daemon.send("POST", "/v1/api-keys", body: mint), 401, "missing_authorization")
                expectError(try await daemon.refresh("x"), 401, "invalid_refresh_token")

                let health = try await daemon.send("GET", "/v1/health")
                #expect(health.status == 200 && health.json["status"]?.text == "degraded")
                #expect(health.json["services"]?["store"]?["status"]?.text == "degraded")
                #expect(!health.text.contains(scratch.path))
                #expect(try await daemon.send("GET", "/.well-known/jwks.json").status == 200)
                #expect(try await daemon.send("GET", "/v1/identities", [pair.bearer]).status == 200)
                #expect(
                    try await daemon.admin("POST", "/v1/tokens/introspect", body: #"{"token":"\#(pair.access)"}"#).json == (try pair.claims)
                )
                #expect(try await daemon.admin("POST", "/v1/tokens/revoke", body: #"{"tokenId":"\#(try pair.tokenId)"}"#).status == 204)
                expectError(try await daemon.send("GET", "/v1/identities", [pair.bearer]), 401, "token_revoked")

                try FileManager.default.removeItem(atPath: filler)
                #expect(try await daemon.call("POST", "/v1/api-keys", key: key.secret, body: mint).status == 201)
                #expect(try await daemon.refresh(pair.refresh).status == 200)
                #expect(try await daemon.send("GET", "/v1/health").json["status"]?.text == "healthy")
            }
            disk.remove()
        }

        @Test("inside is 500 without an inner detail, which the log has under the request's id")
        func defect() async throws {
            try await withDaemon { daemon in
                let identity = try await daemon.identity("relayfile:fs:read:*")
                try await daemon.setScopes(["no scope at all"], of: identity)
                let reply = try await daemon.send(
                    "POST", "/v1/tokens", [("x-request-id", "the-one")], body: #"{"identityId":"\#(identity)"}"#, to: daemon.socket)
                expectError(reply, 500, "internal_error")
                #expect(reply.json.names == ["error", "code", "message", "title", "type", "status", "requestId"])
                #expect(!reply.text.contains("no scope at all") && !reply.text.contains("undecodable"))
                #expect(daemon.log.lines.contains { $0.hasPrefix("error") && $0.contains("the-one") })
                #expect(try await daemon.send("GET", "/health").status == 200)
            }
        }
    }
}
