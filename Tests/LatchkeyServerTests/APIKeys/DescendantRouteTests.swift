import Testing

extension ServerTests {
    @Suite("The revocation of an API key")
    struct DescendantRouteTests {
        private static let all = ["relayauth:*:manage:*", "relayauth:token:create:*", "relayfile:fs:read:*"]

        /// What came from a key: keys, identities and sessions, directly and through each other.
        private struct Tree {
            let root: TestDaemon.Key
            let keys: [TestDaemon.Key]
            let identities: [String]
            let bearers: [(String, String)]
        }

        private static func mint(_ key: String, _ daemon: TestDaemon) async throws -> TestDaemon.Key {
            try TestDaemon.key(
                await daemon.call("POST", "/v1/api-keys", key: key, body: #"{"name":"k","scopes":\#(TestDaemon.list(all))}"#))
        }

        private static func tree(_ daemon: TestDaemon, _ name: String) async throws -> Tree {
            let reply = try await daemon.admin("POST", "/v1/api-keys", body: #"{"name":"root","scopes":\#(TestDaemon.list(all))}"#)
            let root = try TestDaemon.key(reply)
            let child = try await mint(root.secret, daemon)
            let grandchild = try await mint(child.secret, daemon)
            let made = try await daemon.call(
                "POST", "/v1/identities", key: grandchild.secret,
                body: #"{"name":"\#(name)","sponsorId":"ada","scopes":\#(TestDaemon.list(all))}"#)
            let identity = try #require(made.json["id"]?.text)
            let pair = try TestDaemon.pair(
                await daemon.call("POST", "/v1/tokens", key: root.secret, body: #"{"identityId":"\#(identity)","audience":["relayauth"]}"#))
            let own = try await daemon.ownKey(pair.bearer)
            let sub = try await daemon.send(
                "POST", "/v1/identities/\(identity)/sub-agents", [own.header], body: #"{"name":"\#(name)-sub"}"#)
            let subId = try #require(sub.json["identity"]?["id"]?.text)
            let access = try #require(sub.json["tokenPair"]?["accessToken"]?.text)
            daemon.ledger.note(access)
            return Tree(
                root: root, keys: [child, grandchild, own], identities: [identity, subId],
                bearers: [pair.bearer, ("authorization", "Bearer \(access)")])
        }

        private static func expect(_ tree: Tree, isAlive: Bool, _ daemon: TestDaemon) async throws {
            for key in tree.keys { #expect(try await daemon.isLive(key.secret) == isAlive) }
            for bearer in tree.bearers {
                let reply = try await daemon.send("PUT", "/v1/api-keys", [bearer])
                if isAlive { #expect(reply.status == 405) } else { expectError(reply, 401, "token_revoked") }
            }
            for identity in tree.identities {
                let status = try await daemon.admin("GET", "/v1/identities/\(identity)").json["status"]?.text
                #expect(status == (isAlive ? "active" : "retired"))
            }
        }

        @Test("reaches with descendants all that came from it, counts them, and nothing else dies")
        func descendants() async throws {
            let clock = ManualClock()
            try await withDaemon(clock: clock) { daemon in
                let (stolen, other) = (try await Self.tree(daemon, "stolen"), try await Self.tree(daemon, "other"))
                let target = "/v1/api-keys/\(stolen.root.id)/revoke"
                let reply = try await daemon.admin("POST", target, body: #"{"reason":"stolen","descendants":true}"#)
                #expect(reply.status == 200, "\(reply.text)")
                #expect(
                    reply.json["revokedDescendants"] == .object(["keys": .number(3), "identities": .number(2), "sessions": .number(2)]))
                var names = try #require(stolen.root.reply.json["apiKey"]).names.union(["revokedAt", "revokedDescendants"])
                #expect(reply.json.names.subtracting(["lastUsedAt"]) == names)
                #expect(try await !daemon.isLive(stolen.root.secret))
                try await Self.expect(stolen, isAlive: false, daemon)
                try await Self.expect(other, isAlive: true, daemon)
                // again: nothing is left, and nothing changes
                clock.advance(seconds: 5)
                let again = try await daemon.admin("POST", target, body: #"{"descendants":true}"#)
                #expect(again.status == 200 && again.json["revokedAt"] == reply.json["revokedAt"])
                #expect(
                    again.json["revokedDescendants"] == .object(["keys": .number(0), "identities": .number(0), "sessions": .number(0)]))
                let shown = try await daemon.admin("GET", "/v1/api-keys/\(stolen.root.id)").json
                names.remove("revokedDescendants")
                #expect(shown.names.subtracting(["lastUsedAt"]) == names)
            }
        }

        @Test(
            "is of the key alone without descendants; they can still be reached afterwards",
            arguments: [nil, "{}", #"{"descendants":false}"#])
        func alone(_ body: String?) async throws {
            try await withDaemon { daemon in
                let tree = try await Self.tree(daemon, "a")
                let target = "/v1/api-keys/\(tree.root.id)/revoke"
                let reply = try await daemon.admin("POST", target, body: body)
                #expect(reply.status == 200 && reply.json["revokedDescendants"] == nil && reply.json["revoked"]?.flag == true)
                #expect(try await !daemon.isLive(tree.root.secret))
                try await Self.expect(tree, isAlive: true, daemon)
                let late = try await daemon.admin("POST", target, body: #"{"descendants":true}"#)
                #expect(late.json["revokedDescendants"]?["keys"]?.number == 3 && late.json["revokedAt"] == reply.json["revokedAt"])
                try await Self.expect(tree, isAlive: false, daemon)
            }
        }

        @Test("reaches nothing of another organisation, nor by its caller")
        func foreign() async throws {
            try await withDaemon { daemon in
                let tree = try await Self.tree(daemon, "a")
                let neighbour = try await daemon.neighbour
                let target = "/v1/api-keys/\(tree.root.id)/revoke"
                let body = #"{"descendants":true}"#
                expectError(try await daemon.call("POST", target, key: neighbour.key.secret, body: body), 404, "api_key_not_found")
                let weak = try await daemon.key("relayauth:api-key:read:*")
                expectError(try await daemon.call("POST", target, key: weak.secret, body: body), 403, "insufficient_scope")
                try await Self.expect(tree, isAlive: true, daemon)
            }
        }
    }
}
