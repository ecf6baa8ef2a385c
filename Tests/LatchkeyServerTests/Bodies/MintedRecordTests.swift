import FoundationEssentials
@testable import LatchkeyAuthority
import LatchkeyStore
import Testing

extension ServerTests {
    /// Red line 3: who owns what is minted, and what it is, comes from the caller, never from the body.
    @Suite("What is stored of what was minted")
    struct MintedRecordTests {
        /// A record that was made and is not in the store.
        private struct Gone: Error {
            let id: String
        }

        /// What a request may try to say; the right type where it has one, and a wrong one.
        private static func hostile(_ wish: String, _ except: Set<String>) -> [String] {
            let members: [(String, [String])] = [
                ("id", [#""ak_00000000000000000000000000""#, "7"]), ("key", [#""\#(wish)""#, "[]"]), ("auth_token", [#""\#(wish)""#]),
                ("hash", [#""00""#, "{}"]), ("prefix", [#""lk_mine0000""#]), ("userId", [#""root""#, "0"]),
                ("user_id", [#""root""#, "null"]),
                ("revoked", ["true"]), ("revokedAt", [#""2020-01-01T00:00:00Z""#]), ("createdBy", [#""admin-socket:uid=0""#]),
                ("createdAt", [#""2020-01-01T00:00:00Z""#]), ("kind", [#""org_token""#, #""service""#, #""self_service""#, "1"]),
                ("scopes", [#"["*"]"#, "[]", "7"]), ("rootId", [#""ak_00000000000000000000000000""#]), ("makerId", [#""sess_0""#]),
                ("identityId", [#""agent_00000000000000000000000000""#]), ("owner", [#""root""#]), ("ownerId", [#""root""#]),
                ("orgId", ["null"]), ("organisation", [#""other""#]), ("status", [#""retired""#]), ("parentId", [#""agent_0""#]),
                ("sponsorChain", [#"["root"]"#]), ("expires_at", [#""2031-01-01T00:00:00Z""#]), ("expiresAt", [#""2031-01-01T00:00:00Z""#]),
                ("replacedAt", [#""2020-01-01T00:00:00Z""#]), ("endBefore", [#""2031-01-01T00:00:00Z""#]), ("lastUsedAt", ["1"]),
            ]
            let most = members.map(\.1.count).max() ?? 0
            let told = members.filter { !except.contains($0.0) }
            return (0..<most).map { turn in
                told.map { name, values in #""\#(name)":\#(values[turn % values.count])"# }.joined(separator: ",")
            }
        }

        /// A record as text, without what differs from one mint to the next.
        private static func text(_ record: some Encodable, _ own: [String]) throws -> String {
            let encoder = JSONEncoder()
            encoder.outputFormatting = .sortedKeys
            let text = String(decoding: try encoder.encode(record), as: UTF8.self)
            return own.reduce(text) { $0.replacing($1, with: "…") }
        }

        private static func stored(_ id: String, _ secret: String, _ daemon: TestDaemon) throws -> String {
            let record = try #require(try daemon.record(id))
            #expect(secret.hasPrefix(record.prefix))
            // A rotation remembers the key whose place it takes, another one each time.
            return try text(record, [id, record.prefix] + [record.replaces].compactMap(\.self))
        }

        /// Mints twice by a route, with and without what is not the body's to say.
        ///
        /// - Parameters:
        ///   - taken: members that the route does take.
        ///   - post: sends the members of a body and says what was minted.
        private func expectSame(
            _ daemon: TestDaemon, taken: Set<String>, _ members: String = "",
            location: SourceLocation = #_sourceLocation, _ post: (String) async throws -> Reply
        ) async throws {
            func minted(_ body: String) async throws -> String {
                let reply = try await post(body)
                try #require((200...201).contains(reply.status), "\(reply.text)", sourceLocation: location)
                let id = reply.json["apiKey"]?["id"]?.text ?? reply.json["id"]?.text
                let secret = try #require(reply.json["key"]?.text ?? reply.json["auth_token"]?.text, sourceLocation: location)
                #expect(try await daemon.isLive(secret), sourceLocation: location)
                return try Self.stored(try #require(id), secret, daemon)
            }
            let wish = try SecretForms.unknownKey()
            let plain = try await minted("{\(members)}")
            #expect(plain.contains("createdBy"), sourceLocation: location)
            for wishes in Self.hostile(wish, taken) {
                let separator = members.isEmpty ? "" : ","
                let (before, after) = (
                    try await minted("{\(wishes)\(separator)\(members)}"), try await minted("{\(members)\(separator)\(wishes)}")
                )
                #expect(before == plain && after == plain, "\(wishes)", sourceLocation: location)
            }
            expectError(try await daemon.call("GET", "/v1/api-keys", key: wish), 401, "invalid_api_key", location: location)
            let guessed = try await daemon.admin("GET", "/v1/api-keys/ak_00000000000000000000000000")
            expectError(guessed, 404, "api_key_not_found", location: location)
            #expect(daemon.log.lines.allSatisfy { !$0.contains(wish) }, sourceLocation: location)
        }

        @Test("by POST /v1/api-keys is the same whatever else the body says")
        func mint() async throws {
            try await withDaemon { daemon in
                let caller = try await daemon.key("relayauth:api-key:*:*")
                try await expectSame(
                    daemon, taken: ["scopes", "expiresAt"], #""name":"x","scopes":["relayauth:api-key:read:*"]"#
                ) { try await daemon.call("POST", "/v1/api-keys", key: caller.secret, body: $0) }
            }
        }

        @Test("by a rotation is the same whatever else the body says")
        func rotate() async throws {
            try await withDaemon { daemon in
                let caller = try await daemon.key("relayauth:api-key:*:*")
                try await expectSame(daemon, taken: [], #""overlapSeconds":60"#) { body in
                    let old = try await daemon.key("relayauth:api-key:read:*", name: "old")
                    return try await daemon.call("POST", "/v1/api-keys/\(old.id)/rotate", key: caller.secret, body: body)
                }
            }
        }

        @Test("by POST /api/v1/keys is the same whatever else the body says")
        func selfService() async throws {
            try await withDaemon { daemon in
                let bearer = try await daemon.bearer(of: daemon.identity("relayauth:api-key:read:*"))
                try await expectSame(daemon, taken: ["expires_at"]) { try await daemon.send("POST", "/api/v1/keys", [bearer], body: $0) }
            }
        }

        @Test("by POST /org/tokens is the same whatever else the body says")
        func organisationToken() async throws {
            try await withDaemon { daemon in
                let caller = try await daemon.key("*")
                try await expectSame(daemon, taken: []) { try await daemon.call("POST", "/org/tokens", key: caller.secret, body: $0) }
            }
        }

        @Test("of an identity or a sub-agent is the same whatever else the body says", arguments: [false, true])
        func identities(_ isSubAgent: Bool) async throws {
            try await withDaemon { daemon in
                let caller = try await daemon.key("*")
                let parent = try await daemon.identity("*", name: "parent")
                var number = 0
                func made(_ wishes: String) async throws -> String {
                    number += 1
                    let name = "made-\(number)-by-this-test"
                    let path = isSubAgent ? "/v1/identities/\(parent)/sub-agents" : "/v1/identities"
                    let members = #""name":"\#(name)"\#(isSubAgent ? "" : #","sponsorId":"ada""#)"#
                    let reply = try await daemon.call(
                        "POST", path, key: caller.secret, body: "{\(members)\(wishes.isEmpty ? "" : ",")\(wishes)}")
                    try #require(reply.status == 201, "\(reply.text)")
                    let id = try #require(reply.json["id"]?.text ?? reply.json["identity"]?["id"]?.text)
                    let organisation = daemon.authority.firstOrganisation
                    let record: IdentityRecord? = try daemon.authority.store.read {
                        try $0.get(Tables.identities, OwnedKey(organisation, id))
                    }
                    guard let record else { throw Gone(id: id) }
                    let row = String(decoding: try record.encode(), as: UTF8.self)
                    return [id, name].reduce(row) { $0.replacing($1, with: "…") }
                }
                let plain = try await made("")
                for wishes in Self.hostile(try SecretForms.unknownKey(), ["scopes"]) {
                    let wished = try await made(wishes)
                    #expect(wished == plain, "\(wishes)")
                }
            }
        }

        @Test("for another organisation is nothing", arguments: ["/v1/api-keys", "/org/tokens", "/api/v1/keys", "rotate"])
        func otherOrganisation(_ route: String) async throws {
            try await withDaemon { daemon in
                let bearer = try await daemon.bearer(of: daemon.identity("*"))
                let key = try await daemon.key("relayfile:fs:read:*")
                let path = route == "rotate" ? "/v1/api-keys/\(key.id)/rotate" : route
                let other = try await daemon.neighbour.orgId
                func count() throws -> Int { try daemon.authority.store.read { try $0.count(Tables.apiKeys) } }
                let before = try count()
                let members = route == "/v1/api-keys" ? #""name":"x","scopes":["relayfile:fs:read:*"],"# : ""
                let refused = try await daemon.send("POST", path, [bearer], body: #"{\#(members)"orgId":"\#(other)"}"#)
                expectError(refused, 403, "org_mismatch")
                #expect(try count() == before && daemon.isLive(of: key))
            }
        }
    }
}

extension TestDaemon {
    /// Whether the store says that a key lives.
    fileprivate func isLive(of key: Key) throws -> Bool { try record(key.id)?.revokedAt == nil }
}
