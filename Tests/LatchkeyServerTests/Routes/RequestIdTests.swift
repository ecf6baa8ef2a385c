import Testing

extension ServerTests {
    @Suite("A request's id")
    struct RequestIdTests {
        @Test(
            "is echoed when it is 1 to 128 visible ASCII characters",
            arguments: ["a", "abc-123", "~!@#$%^&*()", String(repeating: "x", count: 128)])
        func echoed(_ id: String) async throws {
            try await withDaemon { daemon in
                let reply = try await daemon.send("GET", "/health", [("x-request-id", id)])
                #expect(reply.values("x-request-id") == [id])
                let refusal = try await daemon.send("GET", "/nothing", [("x-request-id", id)])
                #expect(refusal.json["requestId"]?.text == id)
            }
        }

        @Test("is made when it is not", arguments: [String(repeating: "x", count: 129), "a b", "a\tb", "é", "", "\u{7f}"])
        func generated(_ id: String) async throws {
            try await withDaemon { daemon in
                let reply = try await daemon.send("GET", "/health", [("x-request-id", id)])
                guard reply["x-request-id"] != nil else {
                    // A control character is no field value at all.
                    #expect(reply.status == 400)
                    return
                }
                let made = try #require(reply["x-request-id"])
                #expect(made != id)
                #expect((1...128).contains(made.utf8.count) && made.utf8.allSatisfy { (0x21...0x7E).contains($0) })
            }
        }

        @Test("is another one for each request, and not taken from two headers")
        func unique() async throws {
            try await withDaemon { daemon in
                var seen: Set<String> = []
                for _ in 0..<20 { seen.insert(try #require(try await daemon.send("GET", "/health")["x-request-id"])) }
                #expect(seen.count == 20)
                let two = try await daemon.send("GET", "/health", [("x-request-id", "one"), ("x-request-id", "two")])
                #expect(two.values("x-request-id").count == 1)
                #expect(two["x-request-id"]?.contains("one") == false)
            }
        }

        @Test("is on every answer, whatever its status")
        func everywhere() async throws {
            try await withDaemon { daemon in
                let key = try await daemon.key("*")
                let weak = try await daemon.key("relayfile:fs:read:*")
                let identity = try await daemon.identity("relayfile:fs:read:*")
                let pair = try await daemon.pair(identity)
                let tag = try #require(try await daemon.send("GET", "/.well-known/jwks.json")["etag"])
                func expect(_ status: Int, _ method: String, _ target: String, _ headers: TestDaemon.Fields = [], body: String? = nil)
                    async throws
                {
                    let reply = try await daemon.send(method, target, headers + [("x-request-id", "id-\(status)")], body: body)
                    #expect(reply.status == status, "\(reply.text)")
                    #expect(reply.values("x-request-id") == ["id-\(status)"])
                }
                let good = ("x-api-key", key.secret)
                try await expect(200, "GET", "/health")
                try await expect(201, "POST", "/v1/identities", [good], body: "{\"name\":\"x\",\"sponsorId\":\"ada\"}")
                try await expect(409, "POST", "/v1/identities", [good], body: "{\"name\":\"x\",\"sponsorId\":\"ada\"}")
                try await expect(204, "POST", "/v1/tokens/revoke", [good], body: "{\"sessionId\":\"\(try pair.sessionId)\"}")
                try await expect(304, "GET", "/.well-known/jwks.json", [("if-none-match", tag)])
                try await expect(400, "POST", "/v1/tokens", [good], body: "[]")
                try await expect(401, "GET", "/v1/api-keys")
                try await expect(403, "GET", "/v1/api-keys", [("x-api-key", weak.secret)])
                try await expect(404, "GET", "/v1/api-keys/nothing", [good])
                try await expect(405, "PUT", "/health")
                try await expect(413, "POST", "/v1/tokens/refresh", body: String(repeating: " ", count: 65_537))
            }
        }
    }
}
