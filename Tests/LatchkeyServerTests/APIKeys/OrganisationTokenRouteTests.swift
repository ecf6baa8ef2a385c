@testable import LatchkeyAuthority
import LatchkeyVerifier
import Testing

extension ServerTests {
    @Suite("/org/tokens")
    struct OrganisationTokenRouteTests {
        private static let path = "/org/tokens"

        @Test("mints with 200 a key that holds everything, with a name or without")
        func mint() async throws {
            try await withDaemon { daemon in
                let caller = try await daemon.key("*")
                for (body, name) in [(nil, nil), ("{}", nil), (#"{"name":null}"#, nil), (#"{"name":"break-glass"}"#, "break-glass")]
                    as [(String?, String?)]
                {
                    let reply = try await daemon.call("POST", Self.path, key: caller.secret, body: body)
                    #expect(reply.status == 200 && reply["cache-control"] == "no-store", "\(reply.text)")
                    let names: Set<String> = ["id", "prefix", "auth_token", "warning"]
                    #expect(reply.json.names == (name == nil ? names : names.union(["name"])) && reply.json["name"]?.text == name)
                    let (id, secret) = (try #require(reply.json["id"]?.text), try #require(reply.json["auth_token"]?.text))
                    #expect(id.hasPrefix("ak_") && reply.json["prefix"]?.text == String(secret.prefix(11)))
                    #expect(reply.json["warning"]?.text?.isEmpty == false)
                    #expect(try await daemon.call("GET", Self.path, key: secret).status == 200, "it may do what its maker may")
                    let shown = try await daemon.call("GET", "/v1/api-keys/\(id)", key: secret).json
                    #expect(
                        shown["kind"]?.text == "org_token" && shown["scopes"]?.texts == ["*:*:*:*"] && shown["name"]?.text == name ?? "")
                    #expect(shown["createdBy"]?.text == "api-key:\(caller.secret.prefix(11))" && shown["rootId"]?.text == caller.id)
                    let made = try await daemon.call("POST", "/v1/identities", key: secret, body: #"{"name":"\#(id)","sponsorId":"ada"}"#)
                    #expect(made.status == 201)
                    #expect(try daemon.audit(.identityCreated).last?.actor == "org-token:\(secret.prefix(11))")
                }
            }
        }

        @Test("lists the live ones, newest first, and how many")
        func list() async throws {
            let clock = ManualClock()
            try await withDaemon(clock: clock) { daemon in
                let empty = try await daemon.admin("GET", Self.path)
                #expect(empty.status == 200 && empty.json == .object(["tokens": .array([]), "count": .number(0)]))
                _ = try await daemon.key("*", name: "not an organisation token")
                let first = try await daemon.organisationToken(#"{"name":"first"}"#)
                clock.advance(seconds: 1)
                let second = try await daemon.organisationToken()
                let gone = try await daemon.organisationToken()
                _ = try await daemon.admin("POST", "/v1/api-keys/\(gone.id)/revoke")
                let rotated = try await daemon.organisationToken(#"{"name":"rotated"}"#)
                let new = try TestDaemon.key(
                    await daemon.admin("POST", "/v1/api-keys/\(rotated.id)/rotate", body: #"{"overlapSeconds":60}"#))
                #expect(try await daemon.call("GET", Self.path, key: second.secret).status == 200)
                clock.advance(seconds: 60)
                // What is used is written down every minute.
                await daemon.authority.upkeep()
                let reply = try await daemon.admin("GET", Self.path)
                #expect(reply.json["count"]?.number == 3)
                let tokens = try #require(reply.json["tokens"]?.elements)
                #expect(tokens.map { $0["id"]?.text } == [new.id, second.id, first.id])
                for token in tokens { #expect(token.names == ["id", "prefix", "name", "createdBy", "createdAt", "lastUsedAt"]) }
                #expect(tokens[2]["name"]?.text == "first" && tokens[1]["name"] == .null && tokens[0]["name"]?.text == "rotated")
                #expect(tokens[1]["lastUsedAt"]?.text == "2030-01-01T00:00:01.000Z" && tokens[2]["lastUsedAt"] == .null)
                #expect(tokens[2]["createdAt"]?.text == "2030-01-01T00:00:00.000Z")
                #expect(tokens[2]["createdBy"]?.text?.hasPrefix("admin-socket:uid=") == true)
                #expect(tokens[2]["prefix"]?.text == String(first.secret.prefix(11)))
                for secret in [first.secret, second.secret] { #expect(!reply.text.contains(secret)) }
            }
        }

        @Test("revokes one, once, and nothing that is none")
        func revoke() async throws {
            try await withDaemon { daemon in
                let caller = try await daemon.key("*")
                let token = try await daemon.organisationToken()
                let own = try await daemon.ownKey(daemon.bearer(of: daemon.identity("*")))
                let neighbour = try await daemon.neighbour
                let theirs = try await daemon.organisationToken(nil, [neighbour.header])
                let ended = try await daemon.organisationToken()
                _ = try await daemon.admin("POST", "/v1/api-keys/\(ended.id)/revoke")
                func delete(_ id: String) async throws -> Reply {
                    try await daemon.call("DELETE", "\(Self.path)/\(id)", key: caller.secret)
                }
                for id in [
                    caller.id, own.id, theirs.id, ended.id, "ak_00000000000000000000000000", "x", token.secret,
                    String(token.secret.prefix(11)),
                ] {
                    expectError(try await delete(id), 404, "org_token_not_found", id)
                }
                for key in [caller, own, theirs, token] { #expect(try await daemon.isLive(key.secret)) }
                expectField(try await delete(""), "id")
                let reply = try await delete(token.id)
                #expect(reply.status == 200 && reply.json == .object(["revoked": .string(token.id)]))
                #expect(try await !daemon.isLive(token.secret))
                expectError(try await delete(token.id), 404, "org_token_not_found")
                #expect(try await daemon.admin("GET", Self.path).json["count"]?.number == 0)
                #expect(try await daemon.admin("GET", "/v1/api-keys/\(token.id)").json["revoked"]?.flag == true)
                // the key's own route still says what it is
                #expect(try await daemon.admin("POST", "/v1/api-keys/\(token.id)/revoke").status == 200)
            }
        }

        @Test("is for callers that hold everything, and says what they lack")
        func scope() async throws {
            try await withDaemon { daemon in
                let token = try await daemon.organisationToken()
                for held in ["*:*:manage:*", "relayauth:*:*:*", "*:*:*:/a", "*:api-key:*:*"] {
                    let key = try await daemon.key(held)
                    for (method, target) in [("POST", Self.path), ("GET", Self.path), ("DELETE", "\(Self.path)/\(token.id)")] {
                        let reply = try await daemon.call(method, target, key: key.secret, body: method == "POST" ? "{" : nil)
                        expectError(reply, 403, "insufficient_scope", "\(held) \(method)")
                        #expect(reply.json["required"]?.text == "*:*:*:*" && reply.json["actual"]?.texts == [held])
                    }
                }
                // everything in parts is not everything
                let parts = try await daemon.key("relayauth:*:*:*", "relayfile:*:*:*", "relaycast:*:*:*", "cloud:*:*:*")
                expectError(try await daemon.call("GET", Self.path, key: parts.secret), 403, "insufficient_scope")
                let bearer = try await daemon.bearer(of: daemon.identity("*"))
                #expect(try await daemon.send("POST", Self.path, [bearer]).status == 200)
                #expect(try await daemon.isLive(token.secret))
            }
        }

        @Test("is of the caller's organisation")
        func organisations() async throws {
            try await withDaemon { daemon in
                let neighbour = try await daemon.neighbour
                let mine = try await daemon.organisationToken()
                let theirs = try await daemon.organisationToken(nil, [neighbour.header])
                let listed = try await daemon.call("GET", Self.path, key: theirs.secret).json["tokens"]?.elements
                #expect(listed?.map { $0["id"]?.text } == [theirs.id])
                expectError(
                    try await daemon.call("DELETE", "\(Self.path)/\(mine.id)", key: theirs.secret), 404, "org_token_not_found")
                expectError(
                    try await daemon.call(
                        "POST", Self.path, key: theirs.secret, body: #"{"orgId":"\#(daemon.authority.firstOrganisation)"}"#),
                    403, "org_mismatch")
                expectError(
                    try await daemon.call("DELETE", "\(Self.path)/\(mine.id)?orgId=\(neighbour.orgId)", key: mine.secret), 403,
                    "org_mismatch")
            }
        }

        @Test("lists the newest 500 of 10,000, in memory that does not grow with them")
        func bounds() async throws {
            try await withDaemon { daemon in
                let authority = daemon.authority
                let caller = Caller(try authority.administrator(uid: 0, organisation: nil), RequestOrigin(requestId: "many"))
                func mint(_ count: Int) async throws {
                    try await withThrowingTaskGroup(of: Void.self) { group in
                        for _ in 0..<50 {
                            group.addTask {
                                for _ in 0..<count / 50 { _ = try await authority.mintOrganisationToken(name: "many", by: caller) }
                            }
                        }
                        try await group.waitForAll()
                    }
                }
                try await mint(1000)
                func list() async throws -> Reply {
                    let reply = try await daemon.admin("GET", Self.path)
                    #expect(reply.json["tokens"]?.elements?.count == 500 && reply.json["count"]?.number == 500)
                    return reply
                }
                for _ in 0..<5 { _ = try await list() }
                try await mint(9000)
                let last = try await daemon.organisationToken(#"{"name":"last"}"#)
                let before = try Memory.anonymous()
                var newest: Reply?
                for _ in 0..<10 { newest = try await list() }
                let growth = try Memory.anonymous() - before
                #expect(growth < 8 * 1024, "\(growth) KiB")
                let ids = try #require(newest?.json["tokens"]?.elements).compactMap { $0["id"]?.text }
                #expect(ids.first == last.id && ids == ids.sorted(by: >))
            }
        }
    }
}
