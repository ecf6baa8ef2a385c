@testable import LatchkeyAuthority
import LatchkeyServer
import LatchkeyVerifier
import Testing

extension ServerTests {
    @Suite("API keys that end soon")
    struct EndingKeyRouteTests {
        private static func ending(_ daemon: TestDaemon) async throws -> JSON {
            try #require(try await daemon.admin("GET", "/v1/admin/status").json["endingApiKeys"])
        }

        private static func mint(_ name: String, inDays days: Int64, _ daemon: TestDaemon, _ headers: TestDaemon.Fields = []) async throws
            -> TestDaemon.Key
        {
            let end = daemon.clock.now().adding(seconds: days * 86_400)
            let body = #"{"name":"\#(name)","scopes":["relayfile:fs:read:*"],"expiresAt":"\#(end)"}"#
            return try TestDaemon.key(await daemon.admin("POST", "/v1/api-keys", headers, body: body))
        }

        @Test("are in the status, the soonest first, of all organisations; others are not")
        func status() async throws {
            try await withDaemon { daemon in
                let none = try await Self.ending(daemon)
                #expect(none == .object(["withinDays": .number(30), "keys": .array([]), "hasMore": .bool(false)]))
                let neighbour = try await daemon.neighbour
                let late = try await Self.mint("late", inDays: 29, daemon)
                let theirs = try await Self.mint("theirs", inDays: 12, daemon, [neighbour.header])
                let own = try await daemon.ownKey(daemon.bearer(of: daemon.identity()), #"{"expires_at":"2030-01-02T00:00:00Z"}"#)
                _ = try await Self.mint("later", inDays: 31, daemon)
                _ = try await daemon.key("relayfile:fs:read:*", name: "lasting")
                _ = try await daemon.admin("POST", "/v1/api-keys/\(Self.mint("gone", inDays: 3, daemon).id)/revoke")
                let reply = try await Self.ending(daemon)
                #expect(reply["hasMore"]?.flag == false)
                let keys = try #require(reply["keys"]?.elements)
                #expect(keys.map { $0["id"]?.text } == [own.id, theirs.id, late.id])
                #expect(
                    keys[1]
                        == .object([
                            "id": .string(theirs.id), "orgId": .string(neighbour.orgId),
                            "prefix": .string(String(theirs.secret.prefix(11))),
                            "name": .string("theirs"), "kind": .string("service"), "expiresAt": .string("2030-01-13T00:00:00.000Z"),
                        ]))
                #expect(keys[0]["kind"]?.text == "self_service" && keys[0]["expiresAt"]?.text == "2030-01-02T00:00:00.000Z")
            }
        }

        @Test("are 20 in the status at most, and it says that there are more")
        func bounded() async throws {
            try await withDaemon { daemon in
                for day in 1...20 { _ = try await Self.mint("\(day)", inDays: Int64(day), daemon) }
                let all = try await Self.ending(daemon)
                #expect(all["hasMore"]?.flag == false && all["keys"]?.elements?.count == 20)
                _ = try await Self.mint("21", inDays: 21, daemon)
                let some = try await Self.ending(daemon)
                #expect(some["hasMore"]?.flag == true && some["keys"] == all["keys"])
            }
        }

        @Test("are told of as an event, once, to who watches their organisation")
        func event() async throws {
            let clock = ManualClock()
            try await withDaemon(clock: clock) { daemon in
                let watcher = ("x-api-key", try await daemon.key("relayauth:audit:read:*").secret)
                let key = try await Self.mint("deploy", inDays: 30, daemon)
                let watch = try await daemon.watch([watcher], types: "api_key.expiring,api_key.rotated")
                clock.advance(seconds: 23 * 86_400)
                await daemon.authority.upkeep()
                let event = try #require(try await watch.event())
                #expect(event.type == "api_key.expiring" && event["name"]?.text == "deploy" && event["actor"]?.text == "system")
                #expect(event["metadata"] == .object(["apiKeyId": .string(key.id), "prefix": .string(String(key.secret.prefix(11)))]))
                #expect(event["message"]?.text?.contains("2030-01-31T00:00:00.000Z") == true)
                await daemon.authority.upkeep()
                let new = try TestDaemon.key(await daemon.admin("POST", "/v1/api-keys/\(key.id)/rotate"))
                let next = try #require(try await watch.event())
                #expect(next.type == "api_key.rotated" && next["metadata"]?["apiKeyId"]?.text == new.id)
                #expect(next["metadata"]?["replaces"]?.text == key.id)
                await watch.close()
            }
        }
    }
}
