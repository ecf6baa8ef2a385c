@testable import LatchkeyAuthority
import LatchkeyVerifier
import Testing

extension ServerTests {
    @Suite("The audit log")
    struct AuditQueryTests {
        /// A small history, a second apart: an identity in a workspace of its own, a token, a refusal, a change.
        static func history(_ daemon: TestDaemon) async throws -> (identity: String, key: TestDaemon.Key) {
            let key = try await daemon.key("relayauth:identity:manage:*", name: "k")
            daemon.clock.advance(seconds: 1)
            let made = try await daemon.call(
                "POST", "/v1/identities", key: key.secret, [("user-agent", "first/1")],
                body: #"{"name":"agent","sponsorId":"ada","workspaceId":"w","metadata":{"a":"b"}}"#)
            let identity = try #require(made.json["id"]?.text)
            daemon.clock.advance(seconds: 1)
            _ = try await daemon.pair(identity)
            _ = try await daemon.identity(name: "another")
            daemon.clock.advance(seconds: 1)
            _ = try await daemon.call("PATCH", "/v1/identities/\(identity)", key: key.secret, body: #"{"name":"b"}"#)
            expectError(try await daemon.call("GET", "/v1/audit", key: key.secret), 403, "insufficient_scope")
            expectError(
                try await daemon.call("PATCH", "/v1/identities/\(identity)", key: key.secret, body: #"{"scopes":["relayfile:fs:read:*"]}"#),
                403, "scope_escalation")
            expectError(try await daemon.call("GET", "/v1/audit", key: "lk_nonsense"), 401, "invalid_api_key")
            daemon.clock.advance(seconds: 61)
            await daemon.authority.upkeep()
            return (identity, key)
        }

        /// All pages of a query, put together.
        static func all(_ daemon: TestDaemon, _ query: String = "", _ headers: TestDaemon.Fields = [], limit: Int = 100) async throws
            -> [JSON]
        {
            var entries: [JSON] = []
            var cursor: String?
            repeat {
                let target = "/v1/audit?limit=\(limit)" + (query.isEmpty ? "" : "&" + query) + (cursor.map { "&cursor=\($0)" } ?? "")
                let page = try await daemon.admin("GET", target, headers)
                try #require(page.status == 200, "\(page.text)")
                let found = try #require(page.json["entries"]?.elements)
                cursor = page.json["nextCursor"]?.text
                #expect(page.json["hasMore"]?.flag == (cursor != nil))
                #expect(cursor == nil || found.count == limit)
                #expect(page.json.names == (cursor == nil ? ["entries", "hasMore"] : ["entries", "hasMore", "nextCursor"]))
                entries += found
            } while cursor != nil
            return entries
        }

        @Test("is paged newest first, without a gap and without the neighbour")
        func pages() async throws {
            try await withDaemon { daemon in
                _ = try await Self.history(daemon)
                let all = try await Self.all(daemon)
                #expect(all.count >= 8)
                #expect(all.allSatisfy { $0["orgId"]?.text == daemon.authority.firstOrganisation })
                let sequence = all.compactMap { $0["seq"]?.number }
                #expect(sequence == sequence.sorted(by: >) && Set(sequence).count == all.count)
                for limit in [1, 2, 3, all.count, all.count + 1] { #expect(try await Self.all(daemon, limit: limit) == all, "\(limit)") }
                for entry in all {
                    #expect(try await daemon.admin("GET", "/v1/audit/\(try #require(entry["id"]?.text))").json == entry)
                }
                for cursor in ["x", "", "%ff", "audit_00000000000000000000000000", String(repeating: "A", count: 600)] {
                    let reply = try await daemon.admin("GET", "/v1/audit?cursor=\(cursor)")
                    expectField(reply, "cursor", cursor)
                }
                let theirs = try await Self.all(daemon, "", [daemon.neighbour.header])
                #expect(!theirs.isEmpty && theirs.allSatisfy { entry in !all.contains { $0["id"] == entry["id"] } })
            }
        }

        @Test("has entries that say who, what, where and by which request")
        func entry() async throws {
            try await withDaemon { daemon in
                let (identity, key) = try await Self.history(daemon)
                let page = try await daemon.admin("GET", "/v1/audit?action=identity.created&identityId=\(identity)").json
                let entry = try #require(page["entries"]?.elements?.first)
                #expect(entry["actor"]?.text == "api-key:\(key.secret.prefix(11))")
                #expect(entry["actor"]?.text == key.reply.json["apiKey"]?["prefix"]?.text.map { "api-key:" + $0 }, "matched by eye")
                #expect(entry["result"]?.text == "allowed" && entry["workspaceId"]?.text == "w" && entry["plane"]?.text == "relayauth")
                #expect(entry["ip"]?.text == "127.0.0.1" && entry["userAgent"]?.text == "first/1")
                #expect(entry["requestId"]?.text?.isEmpty == false && entry["timestamp"]?.text == "2030-01-01T00:00:01.000Z")
                let denied = try #require(try await Self.all(daemon, "action=scope.denied").first)
                #expect(denied["result"]?.text == "denied" && denied["metadata"]?["count"]?.text == "1")
                #expect(denied["actor"]?.text == "api-key:\(key.secret.prefix(11))")
            }
        }

        @Test("keeps no secret that a client put where it names its request or itself")
        func secrets() async throws {
            try await withDaemon { daemon in
                let key = try await daemon.key("*")
                let pair = try await daemon.pair(daemon.identity("*"))
                for secret in [key.secret, pair.refresh, String(pair.access.prefix(120))] {
                    let headers = [("x-api-key", key.secret), ("x-request-id", secret), ("user-agent", "careless \(secret)")]
                    let body = #"{"name":"n","scopes":["relayfile:fs:read"]}"#
                    let reply = try await daemon.send("POST", "/v1/api-keys", headers, body: body)
                    #expect(reply.status == 201 && reply["x-request-id"] == secret, "to the client it is as it was")
                    let entry = try #require(try await Self.all(daemon, "action=api_key.created").first)
                    #expect(entry["requestId"]?.text == "hidden" && entry["userAgent"]?.text == "hidden")
                    #expect(try await !daemon.admin("GET", "/v1/audit?limit=100").text.contains(secret))
                }
            }
        }

        @Test("is filtered by each member alone and by all of them together")
        func filters() async throws {
            try await withDaemon { daemon in
                let (identity, _) = try await Self.history(daemon)
                let neighbour = try await daemon.neighbour
                let all = try await Self.all(daemon)
                func expect(_ query: String, _ isWanted: (JSON) -> Bool, isEmpty: Bool = false) async throws {
                    let found = try await Self.all(daemon, query, limit: 2)
                    #expect(found == all.filter(isWanted), "\(query)")
                    #expect(found.isEmpty == isEmpty, "\(query)")
                }
                for action in Set(all.compactMap { $0["action"]?.text }) {
                    try await expect("action=\(action)") { $0["action"]?.text == action }
                }
                for result in ["allowed", "denied"] { try await expect("result=\(result)") { $0["result"]?.text == result } }
                try await expect("result=error", { _ in false }, isEmpty: true)
                try await expect("identityId=\(identity)") { $0["identityId"]?.text == identity }
                try await expect("workspaceId=w") { $0["workspaceId"]?.text == "w" }
                try await expect("plane=relayauth") { $0["plane"]?.text == "relayauth" }
                try await expect("plane=cloud", { _ in false }, isEmpty: true)
                try await expect("identityId=\(identity)&action=identity.updated&result=allowed&workspaceId=w&plane=relayauth") {
                    $0["identityId"]?.text == identity && $0["action"]?.text == "identity.updated"
                }
                try await expect("identityId=\(identity)&action=api_key.created", { _ in false }, isEmpty: true)
                let (from, to) = ("2030-01-01T00:00:01.000Z", "2030-01-01T00:00:03.000Z")
                try await expect("from=\(from)") { $0["timestamp"]!.text! >= from }
                try await expect("to=\(to)") { $0["timestamp"]!.text! < to }
                try await expect("from=\(from)&to=\(to)&action=identity.created") {
                    $0["timestamp"]!.text! >= from && $0["timestamp"]!.text! < to && $0["action"]?.text == "identity.created"
                }
                try await expect("from=2030-01-01T02:00:01%2B02:00&to=2030-01-01T00:00:01.001Z") { $0["timestamp"]?.text == from }
                try await expect("from=\(from)&to=\(from)", { _ in false }, isEmpty: true)
                // What another organisation has is as unknown as what nobody has.
                for id in [neighbour.identity, "agent_00000000000000000000000000", "x"] {
                    try await expect("identityId=\(id)", { _ in false }, isEmpty: true)
                }
                try await expect("workspaceId=\(neighbour.orgId)", { _ in false }, isEmpty: true)
                let activity = try await daemon.admin("GET", "/v1/identities/\(identity)/activity?action=identity.updated").json
                #expect(
                    activity["entries"]?.elements
                        == all.filter { $0["identityId"]?.text == identity && $0["action"]?.text == "identity.updated" })
            }
        }

        @Test(
            "refuses what can't be meant",
            arguments: [
                ("action=nonsense", "action"), ("action=", "action"), ("result=maybe", "result"), ("result=ALLOWED", "result"),
                ("from=yesterday", "from"), ("from=", "from"), ("to=2030-13-01T00:00:00Z", "to"), ("to=1893456000", "to"),
                ("from=2030-01-02T00:00:00Z&to=2030-01-01T00:00:00Z", "to"), ("limit=x", "limit"), ("unattributed=maybe", "unattributed"),
                ("unattributed=", "unattributed"),
            ])
        func refusals(_ query: String, _ field: String) async throws {
            try await withDaemon { daemon in
                expectField(try await daemon.admin("GET", "/v1/audit?" + query), field, query)
                guard field != "limit" && !query.contains("=maybe") || field == "result", query != "unattributed=" else { return }
                let members = query.split(separator: "&").map { pair in
                    let parts = pair.split(separator: "=", omittingEmptySubsequences: false)
                    return #""\#(parts[0])":"\#(parts[1])""#
                }
                let body = #"{"format":"json",\#(members.joined(separator: ","))}"#
                expectField(try await daemon.admin("POST", "/v1/audit/export", body: body), field, body)
            }
        }

        @Test("shows what belongs to no organisation to the operator alone, and only when asked for it")
        func unattributed() async throws {
            try await withDaemon { daemon in
                _ = try await Self.history(daemon)
                let key = try await daemon.key("*").secret
                let found = try await Self.all(daemon, "unattributed=true")
                #expect(found.contains { $0["action"]?.text == "api_key.denied" })
                #expect(found.allSatisfy { $0["orgId"]?.text == "" })
                let id = try #require(found.first?["id"]?.text)
                #expect(try await daemon.admin("GET", "/v1/audit/\(id)").json == found.first)
                #expect(try await !Self.all(daemon).contains { $0["orgId"]?.text == "" })
                expectError(try await daemon.call("GET", "/v1/audit/\(id)", key: key), 404, "audit_entry_not_found")
                for door in [daemon.tcp, daemon.socket] {
                    let asked = try await daemon.send("GET", "/v1/audit?unattributed=true", [("x-api-key", key)], to: door)
                    expectField(asked, "unattributed")
                    let exported = try await daemon.send(
                        "POST", "/v1/audit/export", [("x-api-key", key)], body: #"{"format":"json","unattributed":true}"#, to: door)
                    expectField(exported, "unattributed")
                }
                let exported = try await daemon.admin("POST", "/v1/audit/export", body: #"{"format":"json","unattributed":true}"#)
                #expect(exported.json.elements == found.reversed())
            }
        }

        @Test("Another organisation's entry is as unknown as none")
        func otherOrganisation() async throws {
            try await withDaemon { daemon in
                let theirs = try #require(try await Self.all(daemon, "", [daemon.neighbour.header]).first?["id"]?.text)
                let key = try await daemon.key("*").secret
                for id in [theirs, "audit_00000000000000000000000000", "x"] {
                    expectError(try await daemon.admin("GET", "/v1/audit/\(id)"), 404, "audit_entry_not_found", id)
                    expectError(try await daemon.call("GET", "/v1/audit/\(id)", key: key), 404, "audit_entry_not_found", id)
                }
            }
        }

        @Test("is kept as long as its organisation says, and the neighbour's as long as that one says")
        func retention() async throws {
            let clock = ManualClock()
            try await withDaemon(clock: clock) { daemon in
                let neighbour = try await daemon.neighbour
                _ = try await Self.history(daemon)
                let old = try await Self.all(daemon)
                let theirs = try await Self.all(daemon, "", [neighbour.header])
                let nobodys = try await Self.all(daemon, "unattributed=true")
                clock.advance(seconds: 86_400)
                let identity = try await daemon.identity(name: "young")
                func upkeep() async { for _ in 0..<61 { await daemon.authority.upkeep() } }
                await upkeep()
                #expect(try await Self.all(daemon).count == old.count + 1, "for ever, unless it is told")
                #expect(try await daemon.admin("PATCH", "/v1/admin/org", body: #"{"auditRetentionDays":1}"#).status == 200)
                await upkeep()
                // The daemon's own upkeep goes on beside ours, and may be the one that removes.
                let edge = "2030-01-01T00:01:04.000Z"
                try await daemon.until("what is old is gone") { try await Self.all(daemon).allSatisfy { $0["timestamp"]!.text! >= edge } }
                let kept = try await Self.all(daemon)
                #expect(kept.compactMap { $0["action"]?.text }.prefix(3) == ["audit.removed", "org.updated", "identity.created"])
                #expect(kept.contains { $0["identityId"]?.text == identity })
                for entry in old where !kept.contains(entry) {
                    let id = try #require(entry["id"]?.text)
                    expectError(try await daemon.admin("GET", "/v1/audit/\(id)"), 404, "audit_entry_not_found")
                }
                #expect(kept.count < old.count)
                let exported = try await daemon.admin("POST", "/v1/audit/export", body: #"{"format":"json"}"#)
                #expect(exported.json.elements == kept.reversed())
                #expect(try await Self.all(daemon, "action=api_key.created").isEmpty, "no index leads to what is gone")
                #expect(try await Self.all(daemon, "", [neighbour.header]) == theirs)
                #expect(try await Self.all(daemon, "unattributed=true") == nobodys)
                clock.advance(seconds: 86_401)
                await upkeep()
                // One entry tells of all that is gone, also of what another had told.
                try await daemon.until("all but one is gone") {
                    try await Self.all(daemon).compactMap { $0["action"]?.text } == ["audit.removed"]
                }
            }
        }
    }
}
