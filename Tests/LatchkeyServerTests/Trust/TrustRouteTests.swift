import LatchkeyAuthority
import LatchkeyServer
@testable import LatchkeyVerifier
import Synchronization
import Testing

extension ServerTests {
    @Suite("The trust anchor and its bundles")
    struct TrustRouteTests {
        private func bundle(_ daemon: TestDaemon, _ query: String = "") async throws -> TrustBundle {
            let reply = try await daemon.admin("GET", "/v1/bundle\(query)")
            try #require(reply.status == 200, "\(reply.text)")
            return try TrustBundle(reading: reply.body)
        }

        private func anchor(_ daemon: TestDaemon) async throws -> TrustAnchor {
            let reply = try await daemon.admin("GET", "/v1/admin/anchor")
            return try TrustAnchor(pem: Array(try #require(reply.json["pem"]?.text).utf8))
        }

        @Test("are shown to the operator: a file, a fingerprint to read aloud, and what it followed")
        func shown() async throws {
            try await withDaemon { daemon in
                let before = try await anchor(daemon)
                let answer = try await daemon.admin("GET", "/v1/admin/anchor").json
                #expect(answer["fingerprint"]?.text == before.fingerprint && answer["keyId"]?.text == before.keyId)
                #expect(answer["number"]?.number == 0 && answer["successions"]?.elements == [] && answer["former"]?.elements == [])
                let next = try await daemon.done("/v1/admin/anchor/succeed")
                let after = try await anchor(daemon)
                #expect(next["fingerprint"]?.text == after.fingerprint && after != before)
                #expect(next["former"]?.elements?.first?["fingerprint"]?.text == before.fingerprint)
                #expect(next["successions"]?.elements?.count == 1 && next["number"]?.number == 1)
                // Who holds the old one is led on.
                let led = try await bundle(daemon)
                _ = try led.checked(by: before, at: daemon.clock.now())
                #expect(try daemon.audit(.anchorSucceeded).count == 1)
                let status = try await daemon.admin("GET", "/v1/admin/status").json["trust"]
                #expect(status?["anchor"]?["fingerprint"]?.text == after.fingerprint)
                #expect(status?["bundles"]?.elements?.map { $0["sequence"]?.number } == [1])
                #expect(status?["bundles"]?.elements?.first?["notAfter"]?.text == led.notAfter.description)
            }
        }

        @Test("are given to who may read of the install, over TCP too, as they are to be kept")
        func exported() async throws {
            try await withDaemon { daemon in
                let key = try await daemon.key("relayauth:admin:read:*")
                let reply = try await daemon.call("GET", "/v1/bundle?validFor=3600", key: key.secret)
                #expect(reply.status == 200 && reply["content-type"] == "application/jose+json" && reply["cache-control"] == "no-store")
                #expect(reply["content-disposition"] == "attachment; filename=\"latchkey-1.bundle\"")
                let read = try TrustBundle(reading: reply.body)
                #expect(read.sequence == 1 && read.notAfter == read.madeAt.adding(seconds: 3600))
                let checked = try await read.checked(by: anchor(daemon), at: daemon.clock.now())
                let pair = try await daemon.pair(daemon.identity("relayfile:fs:read:*"))
                let verifier = TokenVerifier(bundle: checked, policy: TokenPolicy(audiences: ["relayfile"]))
                _ = try verifier.verify(pair.access, at: daemon.clock.now())
                let weak = try await daemon.key("relayauth:api-key:manage:*")
                expectError(try await daemon.call("GET", "/v1/bundle", key: weak.secret), 403, "insufficient_scope")
                #expect(try daemon.audit(.bundleExported).map(\.actor).count == 1)
            }
        }

        @Test("tell of the whole install: another organisation gets none, and the operator's log tells of each")
        func neighbour() async throws {
            try await withDaemon { daemon in
                let neighbour = try await daemon.neighbour
                let refused = try await daemon.call("GET", "/v1/bundle", key: neighbour.key.secret)
                expectError(refused, 403, "org_mismatch")
                let reply = try await daemon.admin("GET", "/v1/bundle", [neighbour.header])
                #expect(reply.status == 200)
                #expect(try TrustBundle(reading: reply.body).sequence == 1)
                #expect(try daemon.audit(.bundleExported).count == 1)
            }
        }

        @Test("are made for who reads them: a HEAD makes none")
        func head() async throws {
            try await withDaemon { daemon in
                let key = try await daemon.key("relayauth:admin:read:*")
                let reply = try await daemon.call("HEAD", "/v1/bundle", key: key.secret)
                #expect(reply.status == 405 && reply["allow"] == "GET")
                #expect(try daemon.audit(.bundleExported).isEmpty)
                #expect(try await bundle(daemon).sequence == 1)
            }
        }

        @Test(
            "live for no time but one that max-bundle-life allows",
            arguments: ["0", "-1", "x", "", "1.5", "1e3", " 60", "+60", "99999999999999999999", "2592001"])
        func lives(_ text: String) async throws {
            try await withDaemon { daemon in
                let escaped = text.replacing("+", with: "%2B").replacing(" ", with: "%20")
                expectField(try await daemon.admin("GET", "/v1/bundle?validFor=\(escaped)"), "validFor", text)
                #expect(try daemon.audit(.bundleExported).isEmpty)
            }
        }

        @Test("hold what was revoked once the answer to the revocation is there")
        func revoked() async throws {
            try await withDaemon { daemon in
                let identity = try await daemon.identity("relayfile:fs:read:*")
                let (dead, live) = (try await daemon.pair(identity), try await daemon.pair(identity))
                #expect(try await daemon.admin("POST", "/v1/tokens/revoke", body: #"{"tokenId":"\#(dead.tokenId)"}"#).status == 204)
                let checked = try await bundle(daemon).checked(by: anchor(daemon), at: daemon.clock.now())
                let verifier = TokenVerifier(bundle: checked)
                _ = try verifier.verify(live.access, at: daemon.clock.now())
                #expect(throws: VerificationError(.revoked, "")) { try verifier.verify(dead.access, at: daemon.clock.now()) }
            }
        }
    }

    @Suite("An answer that says who may still accept what was revoked")
    struct ReachRouteTests {
        private static let wanted = [("Prefer", "respond-async, return=representation; x=1")]

        private func holders(_ reply: Reply) -> [JSON]? { reply.json["stillAcceptedBy"]?.elements }

        @Test("comes to who prefers it, and the others get what they always got")
        func preferred() async throws {
            try await withDaemon { daemon in
                let identity = try await daemon.identity("relayfile:fs:read:*")
                let pairs = [try await daemon.pair(identity), try await daemon.pair(identity), try await daemon.pair(identity)]
                #expect(try await daemon.admin("GET", "/v1/bundle?validFor=600").status == 200)
                func revoke(_ headers: TestDaemon.Fields, _ pair: TestDaemon.Pair) async throws -> Reply {
                    try await daemon.admin("POST", "/v1/tokens/revoke", headers, body: #"{"tokenId":"\#(pair.tokenId)"}"#)
                }
                for headers in [[], [("Prefer", "return=minimal")], [("Prefer", "nonsense;;,")]] as [TestDaemon.Fields] {
                    let plain = try await revoke(headers, pairs[0])
                    #expect(plain.status == 204 && plain.body.isEmpty && plain["preference-applied"] == nil)
                }
                let told = try await revoke(Self.wanted, pairs[1])
                #expect(told.status == 200 && told["preference-applied"] == "return=representation")
                let list = try #require(holders(told))
                #expect(list.count == 2 && list.allSatisfy { $0["who"]?.text?.isEmpty == false })
                #expect(list[0]["until"]?.text == daemon.clock.now().adding(seconds: 3660).description && list[0]["sequence"] == nil)
                #expect(list[1]["until"]?.text == daemon.clock.now().adding(seconds: 660).description && list[1]["sequence"]?.number == 1)
                let body = #"{"reason":"acts strangely"}"#
                let suspended = try await daemon.admin("POST", "/v1/identities/\(identity)/suspend", Self.wanted, body: body)
                #expect(suspended.status == 200 && suspended.json["status"]?.text == "suspended" && holders(suspended)?.count == 2)
                let retired = try await daemon.admin("POST", "/v1/identities/\(identity)/retire")
                #expect(retired.status == 200 && retired.json["stillAcceptedBy"] == nil)
            }
        }

        @Test("tells of what came from a key, and of nobody when no token of it lives")
        func keys() async throws {
            try await withDaemon { daemon in
                let key = try await daemon.key("*")
                let identity = try await daemon.identity("relayfile:fs:read:*")
                _ = try await daemon.call("POST", "/v1/tokens", key: key.secret, body: #"{"identityId":"\#(identity)","expiresIn":60}"#)
                let reply = try await daemon.admin(
                    "POST", "/v1/api-keys/\(key.id)/revoke", Self.wanted, body: #"{"descendants":true}"#)
                #expect(reply.json["revokedDescendants"]?["sessions"]?.number == 1)
                #expect(holders(reply)?.map { $0["until"]?.text } == [daemon.clock.now().adding(seconds: 120).description])
                let other = try await daemon.key("*")
                let nothing = try await daemon.admin("POST", "/v1/api-keys/\(other.id)/revoke", Self.wanted)
                #expect(nothing.status == 200 && holders(nothing) == [])
            }
        }
    }

    @Suite("A storm of requests")
    struct StormRouteTests {
        /// What those who present a token share.
        private final class Storm: Sendable {
            let isAnswered = Atomic(false)
            let accepted = Atomic(0)
            /// After the answer to the revocation.
            let late = Atomic(0)
        }

        @Test(
            "on 8 connections, while their token is revoked: after the answer it is accepted not once, in 300 rounds",
            .timeLimit(.minutes(5)))
        func storm() async throws {
            try await withDaemon { daemon in
                let identity = try await daemon.identity("relayauth:identity:read:*")
                let storm = Storm()
                var wires: [Wire] = []
                for _ in 0..<8 { wires.append(try await Wire.open(daemon.tcp)) }
                for number in 0..<300 {
                    let pair = try await daemon.pair(identity)
                    storm.isAnswered.store(false, ordering: .sequentiallyConsistent)
                    let request = TestDaemon.request("GET", "/v1/identities?limit=1", [pair.bearer])
                    let body = number % 2 == 0 ? #"{"tokenId":"\#(try pair.tokenId)"}"# : #"{"sessionId":"\#(try pair.sessionId)"}"#
                    try await withThrowingTaskGroup(of: Void.self) { group in
                        for wire in wires {
                            group.addTask {
                                while true {
                                    // In this order: the answer had come before the request went out.
                                    let isLate = storm.isAnswered.load(ordering: .sequentiallyConsistent)
                                    try await wire.send(request)
                                    let status = try await wire.reply().status
                                    if status == 200 { storm.accepted.add(1, ordering: .relaxed) } else { #expect(status == 401) }
                                    if status == 200, isLate { storm.late.add(1, ordering: .relaxed) }
                                    if isLate { return }
                                }
                            }
                        }
                        let reply = try await daemon.admin("POST", "/v1/tokens/revoke", body: body)
                        storm.isAnswered.store(true, ordering: .sequentiallyConsistent)
                        #expect(reply.status == 204)
                        try await group.waitForAll()
                    }
                }
                for wire in wires { await wire.close() }
                #expect(storm.late.load(ordering: .relaxed) == 0)
                // Else nobody was there in time.
                #expect(storm.accepted.load(ordering: .relaxed) >= 100)
            }
        }
    }
}
