@testable import LatchkeyAuthority
import Testing

extension ServerTests {
    @Suite("A change of an identity")
    struct ChangeTests {
        private static let full =
            #"{"name":"a","sponsorId":"ada","type":"service","scopes":["relayfile:fs:read:*"],"roles":["r"],"metadata":{"k":"v"}}"#

        private static func made(_ daemon: TestDaemon) async throws -> JSON {
            try await daemon.admin("POST", "/v1/identities", body: full).json
        }

        @Test("changes what it names, once each, and nothing else")
        func each() async throws {
            let clock = ManualClock()
            try await withDaemon(clock: clock) { daemon in
                var before = try await Self.made(daemon)
                let target = "/v1/identities/" + (try #require(before["id"]?.text))
                for (name, value) in [
                    ("name", #""b""#), ("type", #""human""#), ("scopes", #"["relayfile:fs:write:/a"]"#), ("scopes", "[]"),
                    ("roles", #"["x","y"]"#), ("roles", "[]"), ("metadata", #"{"a":"b"}"#), ("metadata", "{}"),
                ] {
                    clock.advance(seconds: 1)
                    let reply = try await daemon.admin("PATCH", target, body: #"{"\#(name)":\#(value)}"#)
                    #expect(reply.status == 200, "\(reply.text)")
                    let after = reply.json
                    let wanted = try JSON(Array(value.utf8))
                    #expect(after[name] == wanted && after[name] != before[name])
                    for other in before.names where other != name && other != "updatedAt" {
                        #expect(after[other] == before[other], "\(name) changed \(other)")
                    }
                    #expect(after["updatedAt"] != before["updatedAt"])
                    #expect(try await daemon.admin("GET", target).json == after)
                    before = after
                }
            }
        }

        @Test(
            "that names nothing that can be changed is refused and changes nothing",
            arguments: [
                nil, "{}", #"{"name":null}"#, #"{"name":null,"type":null,"scopes":null,"roles":null,"metadata":null,"orgId":null}"#,
                #"{"id":"agent_00000000000000000000000000"}"#, #"{"status":"retired"}"#, #"{"sponsorChain":["root"],"sponsorId":"eve"}"#,
                #"{"createdBy":"api-key:lk_00000000","createdAt":"2020-01-01T00:00:00Z","parentId":"x","rootId":"x","workspaceId":"w"}"#,
            ] as [String?])
        func nothing(_ body: String?) async throws {
            try await withDaemon { daemon in
                let before = try await Self.made(daemon)
                let target = "/v1/identities/" + (try #require(before["id"]?.text))
                let reply = try await daemon.admin("PATCH", target, [("content-length", "0")].filter { _ in body == nil }, body: body)
                expectField(reply, "name")
                #expect(try await daemon.admin("GET", target).json == before)
                #expect(try daemon.audit(.identityUpdated).isEmpty)
            }
        }

        @Test("passes over members that are not the caller's to say")
        func unknownMembers() async throws {
            try await withDaemon { daemon in
                let before = try await Self.made(daemon)
                let id = try #require(before["id"]?.text)
                let neighbour = try await daemon.neighbour
                let reply = try await daemon.admin(
                    "PATCH", "/v1/identities/\(id)",
                    body: """
                        {"name":"b","type":null,"id":"\(neighbour.identity)","status":"retired","createdBy":"me","sponsorId":"eve",
                        "sponsorChain":["eve"],"createdAt":"2020-01-01T00:00:00Z","workspaceId":"w","userId":"u","lastActiveAt":"x"}
                        """)
                #expect(reply.status == 200 && reply.json["name"]?.text == "b", "\(reply.text)")
                for name in before.names where name != "name" && name != "updatedAt" {
                    #expect(reply.json[name] == before[name], "\(name)")
                }
                #expect(
                    try await daemon.admin("GET", "/v1/identities/\(neighbour.identity)", [neighbour.header]).json["name"]?.text == "agent")
            }
        }

        @Test("in another organisation's name is refused, whatever else it says")
        func otherOrganisation() async throws {
            try await withDaemon { daemon in
                let before = try await Self.made(daemon)
                let id = try #require(before["id"]?.text)
                let other = try await daemon.neighbour.orgId
                for (method, path, body) in [
                    ("PATCH", "", #"{"name":"b","orgId":"\#(other)"}"#), ("POST", "/suspend", #"{"reason":"r","orgId":"\#(other)"}"#),
                    ("POST", "/reactivate", #"{"orgId":"\#(other)"}"#), ("POST", "/retire", #"{"orgId":"\#(other)"}"#),
                    ("POST", "/sub-agents", #"{"name":"c","orgId":"\#(other)"}"#),
                ] {
                    expectError(
                        try await daemon.admin(method, "/v1/identities/\(id)\(path)", body: body), 403, "org_mismatch", "\(method) \(path)")
                }
                expectError(
                    try await daemon.admin("DELETE", "/v1/identities/\(id)?orgId=\(other)", [("x-confirm-delete", "true")]), 403,
                    "org_mismatch")
                #expect(try await daemon.admin("GET", "/v1/identities/\(id)").json == before)
            }
        }

        @Test("hands out no more than its caller holds, and takes no name that is taken here")
        func limits() async throws {
            try await withDaemon { daemon in
                let id = try #require(try await Self.made(daemon)["id"]?.text)
                _ = try await daemon.identity(name: "b")
                let key = try await daemon.key("relayauth:identity:manage:*", "relayfile:fs:read:/docs/*").secret
                func change(_ body: String) async throws -> Reply {
                    try await daemon.call("PATCH", "/v1/identities/\(id)", key: key, body: body)
                }
                let refused = try await change(#"{"scopes":["relayfile:fs:read:/docs/a","relayfile:fs:read:/other"]}"#)
                expectError(refused, 403, "scope_escalation")
                #expect(refused.json["scope"]?.text == "relayfile:fs:read:/other")
                expectError(try await change(#"{"scopes":["nonsense"]}"#), 400, "invalid_scope")
                expectError(try await change(#"{"name":"b"}"#), 409, "identity_already_exists")
                #expect(try await change(#"{"name":"x"}"#).status == 200, "the neighbour's names are free here")
                #expect(try await change(#"{"name":"x"}"#).status == 200, "its own name is not taken by another")
                #expect(try await change(#"{"scopes":["relayfile:fs:read:/docs/a"]}"#).status == 200)
            }
        }

        @Test("of its scopes cuts what a refresh gives")
        func refresh() async throws {
            try await withDaemon { daemon in
                let id = try await daemon.identity("relayfile:fs:read:*", "relaycast:x:read:*")
                let pair = try await daemon.pair(id)
                let reply = try await daemon.admin("PATCH", "/v1/identities/\(id)", body: #"{"scopes":["relaycast:x:read:*"]}"#)
                #expect(reply.status == 200)
                #expect(try TestDaemon.pair(await daemon.refresh(pair.refresh)).claim("scopes")?.texts == ["relaycast:x:read:*"])
            }
        }
    }
}
