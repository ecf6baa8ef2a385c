@testable import LatchkeyAuthority
import LatchkeyVerifier
import Testing

extension ServerTests {
    @Suite("A subscriber")
    struct SubscriberTests {
        private static let scope = EventStreamTests.scope
        private static let dead = "ended: the credential is not valid any more"

        /// Tells subscribers of a large event that no request made.
        private static func tell(_ daemon: TestDaemon) {
            var draft = EventDraft(.scopeCheck, .allowed, actor: "test", organisation: daemon.authority.firstOrganisation)
            draft.message = String(repeating: "x", count: 1000)
            daemon.authority.publish(draft, at: daemon.clock.now())
        }

        /// Tells events until a subscriber that reads nothing is dropped: the kernel's buffers are full then, and ours.
        ///
        /// - Returns: how many it took.
        private static func drop(_ daemon: TestDaemon, _ afterEach: () async throws -> Void) async throws -> Int {
            let before = daemon.watchers
            var count = 0
            while daemon.authority.events.subscriptions.allSatisfy({ $0.ending == nil }) && daemon.watchers == before {
                try #require(count < 20_000, "nobody is dropped")
                tell(daemon)
                count += 1
                try await afterEach()
            }
            return count
        }

        @Test("that stops reading is dropped, and nobody waits for it", arguments: [false, true])
        func stopsReading(_ isOnTCP: Bool) async throws {
            try await withDaemon { daemon in
                let key = try await daemon.key(Self.scope, "relayfile:fs:read:*").secret
                let slow = try await daemon.watch([("x-api-key", key)], at: isOnTCP ? daemon.tcp : daemon.socket, receiveBuffer: 4096)
                let quick = try await daemon.watch([("x-api-key", key)])
                let wire = try await Wire.open(daemon.tcp)
                let request = TestDaemon.request("GET", "/v1/authorize?scope=relayfile:fs:read:/a", [("x-api-key", key)])
                func others() async throws {
                    try await wire.send(request)
                    #expect(try await wire.reply().status == 200, "who makes events waits for nobody")
                    #expect(try await quick.event()?.type == "scope.check")
                    #expect(try await quick.event()?["actor"]?.text?.hasPrefix("api-key:") == true, "who reads gets each at once")
                }
                let count = try await Self.drop(daemon, others)
                try await daemon.until("its connection is gone, too") { daemon.watchers == 1 }
                Self.tell(daemon)
                try await others()
                var reader = EventReader()
                var seen = 0
                while let bytes = try await slow.answer.next() { seen += reader.read(bytes).count }
                #expect(await slow.answer.end == .cut)
                #expect(seen < 2 * count)
                await wire.close()
                await quick.close()
            }
        }

        @Test("A thousand that come and go leave none behind")
        func comeAndGo() async throws {
            try await withDaemon { daemon in
                let key = ("x-api-key", try await daemon.key(Self.scope).secret)
                for batch in 0..<40 {
                    let door = batch % 2 == 0 ? daemon.tcp : daemon.socket
                    let watches = try await withThrowingTaskGroup(of: EventWatch.self) { group in
                        for _ in 0..<25 { group.addTask { try await daemon.watch([key], at: door) } }
                        return try await group.reduce(into: []) { $0.append($1) }
                    }
                    #expect(daemon.watchers == 25)
                    #expect(watches.allSatisfy { $0.answer.head.status == 200 })
                    for watch in watches { await watch.close() }
                    // On TCP nobody knows that the other side has gone until something is sent.
                    for _ in 0..<15 { daemon.authority.tickEvents() }
                    try await daemon.until("nobody watches") { daemon.watchers == 0 }
                }
            }
        }

        @Test("One too many of an organisation is refused, and harms no other")
        func tooMany() async throws {
            try await withDaemon { daemon in
                let key = try await daemon.key(Self.scope).secret
                var watches: [EventWatch] = []
                for _ in 0..<EventHub.mostOfOne { watches.append(try await daemon.watch([("x-api-key", key)])) }
                #expect(watches.count == 32 && watches.allSatisfy { $0.answer.head.status == 200 })
                for _ in 0..<3 { expectError(try await daemon.call("GET", "/v1/events", key: key), 429, "too_many_subscribers") }
                // The operator has places of its own.
                let operatorWatch = try await daemon.watch(at: daemon.socket)
                #expect(operatorWatch.answer.head.status == 200)
                let neighbour = try await daemon.watch([("x-api-key", try await daemon.neighbour.key.secret)])
                #expect(neighbour.answer.head.status == 200)
                let identity = try await daemon.identity()
                for watch in watches { #expect(try await watch.event()?["identityId"]?.text == identity) }
                await watches.removeLast().close()
                for _ in 0..<15 { daemon.authority.tickEvents() }
                try await daemon.until("there is room again") { daemon.watchers == 33 }
                let next = try await daemon.watch([("x-api-key", key)])
                #expect(next.answer.head.status == 200)
                for watch in watches + [neighbour, next, operatorWatch] { await watch.close() }
            }
        }

        @Test("whose key is revoked hears no more, not even of that; others do")
        func revokedKey() async throws {
            try await withDaemon { daemon in
                let key = try await daemon.key(Self.scope)
                let other = try await daemon.watch([("x-api-key", try await daemon.key(Self.scope).secret)])
                let watch = try await daemon.watch([("x-api-key", key.secret)])
                #expect(try await daemon.admin("POST", "/v1/api-keys/\(key.id)/revoke").status == 200)
                #expect(try await watch.untilEnded() == [])
                #expect(await watch.comments == [Self.dead])
                #expect(await watch.answer.end == .whole)
                #expect(try await other.event()?.type == "api_key.revoked")
                try await daemon.until("it is off the list") { daemon.watchers == 1 }
                await other.close()
            }
        }

        @Test(
            "whose token, session or identity dies hears no more", arguments: ["tokenId", "sessionId", "identityId", "suspend", "delete"])
        func deadToken(_ way: String) async throws {
            try await withDaemon { daemon in
                let identity = try await daemon.identity(Self.scope)
                let pair = try await daemon.pair(identity)
                let watch = try await daemon.watch([pair.bearer])
                #expect(watch.answer.head.status == 200)
                let reply =
                    switch way {
                    case "suspend": try await daemon.admin("POST", "/v1/identities/\(identity)/suspend", body: #"{"reason":"r"}"#)
                    case "delete": try await daemon.admin("DELETE", "/v1/identities/\(identity)", [("x-confirm-delete", "true")])
                    default:
                        try await daemon.admin(
                            "POST", "/v1/tokens/revoke",
                            body:
                                #"{"\#(way)":"\#(way == "tokenId" ? try pair.tokenId : way == "sessionId" ? try pair.sessionId : identity)"}"#
                        )
                    }
                #expect((200...204).contains(reply.status), "\(reply.text)")
                #expect(try await watch.untilEnded() == [])
                #expect(await watch.comments == [Self.dead])
            }
        }

        @Test("who is below a suspended identity hears no more")
        func descendant() async throws {
            try await withDaemon { daemon in
                let parent = try await daemon.identity("relayauth:identity:manage:*", "relayauth:token:create:*", Self.scope)
                let made = try await daemon.send(
                    "POST", "/v1/identities/\(parent)/sub-agents", [daemon.pair(parent).bearer], body: #"{"name":"b"}"#)
                let token = try #require(made.json["tokenPair"]?["accessToken"]?.text)
                let watch = try await daemon.watch([("authorization", "Bearer \(token)")])
                _ = try await daemon.admin("POST", "/v1/identities/\(parent)/suspend", body: #"{"reason":"r"}"#)
                #expect(try await watch.untilEnded() == [])
                #expect(await watch.comments == [Self.dead])
            }
        }

        @Test("whose credential expires hears no more within thirty rounds of upkeep")
        func expired() async throws {
            let clock = ManualClock()
            try await withDaemon(clock: clock) { daemon in
                let identity = try await daemon.identity(Self.scope)
                let token = try await daemon.watch([daemon.pair(identity, #""expiresIn":100"#).bearer])
                let body = #"{"name":"e","scopes":["\#(Self.scope)"],"expiresAt":"\#(clock.now().adding(seconds: 100))"}"#
                let key = try await daemon.watch([
                    ("x-api-key", try TestDaemon.key(await daemon.admin("POST", "/v1/api-keys", body: body)).secret)
                ])
                #expect(token.answer.head.status == 200 && key.answer.head.status == 200)
                clock.advance(seconds: 99)
                for _ in 0..<30 { daemon.authority.tickEvents() }
                #expect(daemon.watchers == 2, "both are good for another second")
                clock.advance(seconds: 61)
                for _ in 0..<30 { daemon.authority.tickEvents() }
                for watch in [token, key] {
                    #expect(try await watch.untilEnded().allSatisfy { $0 == "api_key.created" })
                    #expect(await watch.comments.last == Self.dead)
                }
            }
        }

        @Test("is told that the daemon stops, at once, and does not hold it up, reading or not")
        func stop() async throws {
            let daemon = try await TestDaemon()
            let key = try await daemon.key(Self.scope, "relayfile:fs:read:*").secret
            let watches = [
                try await daemon.watch([("x-api-key", key)]), try await daemon.watch(at: daemon.socket),
                try await daemon.watch([("x-api-key", try await daemon.neighbour.key.secret)]),
            ]
            // One that reads nothing is dropped after so many events; the next one has been told nearly as many when the daemon stops.
            let dropped = try await daemon.watch([("x-api-key", key)], at: daemon.socket)
            let readers = Task {
                try await withThrowingDiscardingTaskGroup { group in
                    for watch in watches { group.addTask { _ = try await watch.untilEnded() } }
                }
            }
            // Now and then a request, so that those who read come to it.
            var told = 0
            let count = try await Self.drop(daemon) {
                told += 1
                if told.isMultiple(of: 16) { _ = try await daemon.send("GET", "/health") }
            }
            await dropped.close()
            try await daemon.until("it is gone") { daemon.watchers == 3 }
            let stuck = try await daemon.watch([("x-api-key", key)], at: daemon.socket)
            for number in 0..<(count - 100) {
                Self.tell(daemon)
                if number.isMultiple(of: 16) { _ = try await daemon.send("GET", "/health") }
            }
            #expect(daemon.watchers == 4)
            let clock = ContinuousClock()
            let begin = clock.now
            try await daemon.stop()
            #expect(clock.now - begin < .seconds(6), "it waited for the limit on answers in the making")
            try await readers.value
            for watch in watches {
                #expect(await watch.comments.last == "ended: the daemon is stopping")
                #expect(await watch.answer.end == .whole)
            }
            try await stuck.answer.untilClosed()
            daemon.expectCleanLog()
        }
    }
}
