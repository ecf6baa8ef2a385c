@testable import LatchkeyAuthority
import Testing

extension ServerTests {
    @Suite("The stream of events")
    struct EventStreamTests {
        static let scope = "relayauth:audit:read:*"

        @Test("is one that browsers read, says at once that it is there, and names audit entries by their id")
        func frames() async throws {
            try await withDaemon { daemon in
                let key = ("x-api-key", try await daemon.key(Self.scope).secret)
                let answer = try await daemon.stream("GET", "/v1/events", [key])
                #expect(answer.head.status == 200)
                #expect(answer.head["content-type"] == "text/event-stream" && answer.head["cache-control"] == "no-store")
                #expect(answer.head["content-length"] == nil && answer.head["x-request-id"] != nil)
                let watch = EventWatch(answer)
                #expect(try await watch.next() == .comment("connected"))
                let made = try await daemon.admin(
                    "POST", "/v1/identities", [("x-request-id", "the-one")],
                    body: #"{"name":"sage\\n\\ndata: x","sponsorId":"ada","metadata":{"a":"b"}}"#)
                try #require(made.status == 201, "\(made.text)")
                let event = try #require(try await watch.event())
                #expect(event.type == "identity.created" && event["type"]?.text == event.type)
                #expect(event["result"]?.text == "allowed" && event["name"]?.text == made.json["name"]?.text)
                #expect(event["identityId"] == made.json["id"] && event["orgId"] == made.json["orgId"])
                #expect(event["requestId"]?.text == "the-one" && event["timestamp"]?.text == "2030-01-01T00:00:00.000Z")
                let entry = try await daemon.admin("GET", "/v1/audit/\(event.id)")
                #expect(entry.json["action"]?.text == event.type && entry.json["metadata"] == event["metadata"])
                await watch.close()
            }
        }

        @Test("tells a denial as a denial, with what is missing")
        func denials() async throws {
            try await withDaemon { daemon in
                let weak = try await daemon.key("relayfile:fs:read:*", name: "sage")
                let identity = try await daemon.identity("relayfile:fs:read:/docs/*", name: "wren")
                let pair = try await daemon.pair(identity)
                let watch = try await daemon.watch([("x-api-key", try await daemon.key(Self.scope).secret)])
                func told(_ count: Int) async throws -> [EventWatch.Event] {
                    var events: [EventWatch.Event] = []
                    for _ in 0..<count { events.append(try #require(try await watch.event())) }
                    for event in events {
                        let isDenial = event.type.hasSuffix("denied") || event.type == "token.invalid"
                        #expect(!isDenial || event["result"]?.text == "denied", "\(event.json)")
                    }
                    return events
                }
                expectError(try await daemon.call("GET", "/v1/identities", key: weak.secret), 403, "insufficient_scope")
                var events = try await told(1)
                #expect(events[0].type == "scope.denied" && events[0]["via"] == nil && events[0].id.isEmpty)
                #expect(events[0]["missing"]?.texts == ["relayauth:identity:read:*"] && events[0]["name"]?.text == "sage")
                #expect(events[0]["actor"]?.text == "api-key:\(weak.secret.prefix(11))")

                let scope = "relayfile:fs:write:/docs/a"
                expectError(try await daemon.send("GET", "/v1/authorize?scope=\(scope)", [pair.bearer]), 403, "insufficient_scope")
                events = try await told(3)
                #expect(events.map(\.type) == ["token.verified", "scope.check", "scope.denied"])
                #expect(events.map { $0["result"]?.text } == ["allowed", "denied", "denied"])
                #expect(events[1]["missing"]?.texts == [scope] && events[1]["matchedScope"] == nil && events[1]["via"] == nil)
                #expect(events[2]["via"]?.text == "scope.check")
                #expect(events.allSatisfy { $0["identityId"]?.text == identity && $0["name"]?.text == "wren" })

                #expect(try await daemon.send("GET", "/v1/authorize?scope=relayfile:fs:read:/docs/a", [pair.bearer]).status == 200)
                events = try await told(2)
                #expect(events[1].type == "scope.check" && events[1]["result"]?.text == "allowed" && events[1]["missing"] == nil)
                #expect(events[1]["matchedScope"]?.text == "relayfile:fs:read:/docs/*")

                let checked = try await daemon.admin(
                    "POST", "/v1/scopes/check", body: #"{"identityId":"\#(identity)","scope":"\#(scope)"}"#)
                #expect(checked.json["allowed"]?.flag == false)
                events = try await told(1)
                #expect(
                    events[0].type == "scope.check" && events[0]["result"]?.text == "denied" && events[0]["identityId"]?.text == identity)

                expectError(
                    try await daemon.call("GET", "/v1/identities", key: SecretForms.withOtherChecksum(weak.secret)), 401, "invalid_api_key")
                _ = try await daemon.admin("POST", "/v1/api-keys/\(weak.id)/revoke")
                expectError(try await daemon.call("GET", "/v1/identities", key: weak.secret), 401, "invalid_api_key")
                events = try await told(2)
                #expect(events.map(\.type) == ["api_key.revoked", "api_key.denied"], "a key that is none belongs to nobody")
                #expect(events[1]["result"]?.text == "denied" && events[1]["actor"]?.text == "api-key:\(weak.secret.prefix(11))")

                _ = try await daemon.admin("POST", "/v1/tokens/revoke", body: #"{"tokenId":"\#(try pair.tokenId)"}"#)
                expectError(try await daemon.send("GET", "/v1/authorize?scope=\(scope)", [pair.bearer]), 401, "token_revoked")
                events = try await told(2)
                #expect(events.map(\.type) == ["token.revoked", "token.invalid"])
                #expect(events[1]["result"]?.text == "denied" && events[1]["identityId"]?.text == identity)
                await watch.close()
            }
        }

        @Test("beats when it is quiet for fifteen rounds of upkeep")
        func heartbeat() async throws {
            try await withDaemon { daemon in
                let watch = try await daemon.watch([("x-api-key", try await daemon.key(Self.scope).secret)])
                for _ in 0..<10 { daemon.authority.tickEvents() }
                let identity = try await daemon.identity()
                #expect(try await watch.event()?["identityId"]?.text == identity)
                #expect(await watch.comments.isEmpty, "it was not quiet for long enough")
                for _ in 0..<15 { daemon.authority.tickEvents() }
                #expect(try await watch.next() == .comment("heartbeat"))
                await watch.close()
            }
        }

        @Test("gives only the types that were asked for")
        func types() async throws {
            try await withDaemon { daemon in
                let key = ("x-api-key", try await daemon.key(Self.scope).secret)
                let all = try await daemon.watch([key])
                let some = try await daemon.watch([key], types: "scope.denied,identity.updated")
                let encoded = try await daemon.watch([key], types: "identity%2Eupdated%2Cscope.denied")
                let identity = try await daemon.identity()
                expectError(try await daemon.send("GET", "/v1/api-keys", [key]), 403, "insufficient_scope")
                _ = try await daemon.admin("PATCH", "/v1/identities/\(identity)", body: #"{"name":"b"}"#)
                for (watch, types) in [
                    (all, ["identity.created", "scope.denied", "identity.updated"]), (some, ["scope.denied", "identity.updated"]),
                    (encoded, ["scope.denied", "identity.updated"]),
                ] {
                    for type in types { #expect(try await watch.event()?.type == type) }
                    await watch.close()
                }
            }
        }

        @Test(
            "of a type that does not exist is refused",
            arguments: [
                "nonsense", "", ",", "identity.created,", ",identity.created", "identity.created,nonsense", "Identity.Created",
                "identity.created,%20scope.denied", "identity", "%ff",
            ])
        func unknownTypes(_ types: String) async throws {
            try await withDaemon { daemon in
                let key = try await daemon.key(Self.scope).secret
                expectField(try await daemon.call("GET", "/v1/events?types=\(types)", key: key), "types")
                #expect(daemon.watchers == 0)
            }
        }

        @Test("that is only asked about by HEAD has no subscriber")
        func head() async throws {
            try await withDaemon { daemon in
                let key = ("x-api-key", try await daemon.key(Self.scope).secret)
                let wire = try await Wire.open(daemon.tcp)
                for _ in 0..<40 {
                    try await wire.send(TestDaemon.request("HEAD", "/v1/events", [key]))
                    let reply = try await wire.reply(toHead: true)
                    #expect(reply.status == 200 && reply["content-type"] == "text/event-stream")
                }
                try await daemon.until("nobody watches") { daemon.watchers == 0 }
                try await wire.send(TestDaemon.request("GET", "/health"))
                #expect(try await wire.reply().json["status"]?.text == "ok", "the connection goes on")
                await wire.close()
            }
        }

        @Test("of one organisation shows nothing of another, to whoever asks")
        func organisations() async throws {
            try await withDaemon { daemon in
                let neighbour = try await daemon.neighbour
                let own = try await daemon.key(Self.scope).secret
                let theirs = try await daemon.watch([("x-api-key", neighbour.key.secret)])
                let theirAdmin = try await daemon.watch([neighbour.header], at: daemon.socket)
                let ours = try await daemon.watch([("x-api-key", own)])
                let ignored = try await daemon.watch([("x-api-key", own), neighbour.header])
                expectError(try await daemon.call("GET", "/v1/events?orgId=\(neighbour.orgId)", key: own), 403, "org_mismatch")

                let identity = try await daemon.identity(Self.scope)
                let pair = try await daemon.pair(identity)
                expectError(try await daemon.send("GET", "/v1/api-keys", [pair.bearer]), 403, "insufficient_scope")
                _ = try await daemon.admin("POST", "/v1/identities/\(identity)/suspend", body: #"{"reason":"r"}"#)
                _ = try await daemon.send("GET", "/v1/identities", [pair.bearer])
                let mark = try await daemon.admin(
                    "POST", "/v1/identities", [neighbour.header], body: #"{"name":"mark","sponsorId":"ada"}"#)
                for watch in [theirs, theirAdmin] {
                    let event = try #require(try await watch.event())
                    #expect(event["identityId"] == mark.json["id"], "\(event.json)")
                    await watch.close()
                }
                let last = try await daemon.identity(name: "last")
                for watch in [ours, ignored] {
                    var seen: [EventWatch.Event] = []
                    repeat { seen.append(try #require(try await watch.event())) } while seen.last?["identityId"]?.text != last
                    #expect(seen.allSatisfy { $0["orgId"]?.text == daemon.authority.firstOrganisation })
                    #expect(seen.contains { $0.type == "identity.suspended" } && seen.count > 4)
                    await watch.close()
                }
            }
        }

        @Test("that belongs to nobody is for the operator on the socket alone")
        func unattributed() async throws {
            try await withDaemon { daemon in
                let key = ("x-api-key", try await daemon.key(Self.scope).secret)
                let known = try await daemon.pair(daemon.identity())
                let admin = try await daemon.watch(at: daemon.socket)
                let others = [
                    try await daemon.watch([key]), try await daemon.watch([key], at: daemon.socket),
                    try await daemon.watch([("x-api-key", try await daemon.neighbour.key.secret)]),
                ]
                expectError(try await daemon.call("GET", "/v1/identities", key: SecretForms.unknownKey()), 401, "invalid_api_key")
                // As another install would sign it: its claims name our organisation, which nothing proves.
                let parts = known.access.split(separator: ".")
                let foreign = "\(parts[0]).\(parts[1]).\(String(parts[2].reversed()))"
                expectError(try await daemon.send("GET", "/v1/identities", [("authorization", "Bearer \(foreign)")]), 401, "invalid_token")
                for type in ["api_key.denied", "token.invalid"] {
                    let event = try #require(try await admin.event())
                    #expect(event.type == type && event["orgId"] == nil && event["actor"]?.text == "anonymous", "\(event.json)")
                    #expect(event["result"]?.text == "denied" && event["identityId"] == nil)
                }
                let mark = try await daemon.identity(name: "mark")
                _ = try await daemon.admin(
                    "POST", "/v1/identities", [daemon.neighbour.header], body: #"{"name":"mark","sponsorId":"ada"}"#)
                #expect(try await admin.event()?["identityId"]?.text == mark)
                for watch in others {
                    #expect(try await watch.event()?.type == "identity.created")
                    await watch.close()
                }
                await admin.close()
            }
        }
    }
}
