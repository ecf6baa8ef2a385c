import FoundationEssentials
@testable import LatchkeyAuthority
@testable import LatchkeyServer
import LatchkeyVerifier
import Testing

extension ServerTests {
    @Suite("The key routes")
    struct KeyRouteTests {
        private static let scope = "relayauth:identity:read:*"
        private static let day: Int64 = 86_400

        @Test("show the whole ring on both doors, public halves only, and what comes next")
        func list() async throws {
            try await withDaemon { daemon in
                let reader = try await daemon.key("relayauth:admin:read:*")
                let ring = try await daemon.keyRing()
                #expect(try await daemon.call("GET", "/v1/admin/keys", key: reader.secret).json == ring)
                let keys = try #require(ring["keys"]?.elements)
                #expect(Set(keys.compactMap { $0["status"]?.text }) == ["active", "standby"] && keys.count == 2)
                for key in keys {
                    #expect(key["jwk"]?.names == ["kty", "n", "e", "alg", "use", "kid"], "no private member")
                    #expect(key["jwk"]?["kid"] == key["keyId"] && key["bits"]?.number == 2048 && key["origin"]?.text == "generated")
                }
                let schedule = try #require(ring["schedule"])
                let (signer, standby) = (try await daemon.keyId("active"), try await daemon.keyId("standby"))
                #expect(schedule["signerKeyId"]?.text == signer && schedule["standbyKeyId"]?.text == standby)
                #expect(schedule["next"]?["step"]?.text == "rotate" && schedule["next"]?["keyId"] == schedule["standbyKeyId"])
                #expect(keys.allSatisfy { $0["knownBy"]?.text == ManualClock().now().adding(seconds: 3600).description })
                #expect(schedule["next"]?["at"] == schedule["rotationDueAt"] && schedule["waitsFor"] == nil && schedule["problem"] == nil)
                #expect(schedule["timings"]?["rotationPeriod"]?.number == 7_776_000)
                #expect(schedule["timings"]?["maxAccessTokenTTL"]?.number == 86_400 && schedule["timings"]?["jwksMaxAge"]?.number == 3600)
            }
        }

        @Test("rotate once the standby has been seen: both keys verify, the new one signs, the old one leaves after its grace")
        func rotate() async throws {
            let clock = ManualClock()
            try await withDaemon(clock: clock) { daemon in
                let identity = try await daemon.identity(Self.scope)
                let (signer, standby) = (try await daemon.keyId("active"), try await daemon.keyId("standby"))
                clock.advance(seconds: Self.day)
                let old = try await daemon.pair(identity)
                let rotation = try await daemon.done("/v1/admin/keys/rotate")
                #expect(rotation["oldKeyId"]?.text == signer && rotation["newKeyId"]?.text == standby)
                #expect(rotation["notYetAcceptedBy"]?.elements?.isEmpty == true)
                #expect(rotation["rotatedAt"]?.text == clock.now().description)
                #expect(rotation["oldKeyExpiresAt"]?.text == clock.now().adding(seconds: 3 * Self.day).description)
                let born = try #require(rotation["standbyKeyId"]?.text)
                #expect(try await daemon.published() == [standby, born, signer])
                let new = try await daemon.pair(identity)
                #expect(try old.header["kid"]?.text == signer && new.header["kid"]?.text == standby)
                for pair in [old, new] { #expect(try await daemon.send("GET", "/v1/identities", [pair.bearer]).status == 200) }
                let grace = try #require(try await daemon.keyRing()["keys"]?.elements?.first { $0["status"]?.text == "grace" })
                #expect(grace["leavesAt"] == rotation["oldKeyExpiresAt"] && grace["deactivatedAt"] == rotation["rotatedAt"])
                clock.advance(seconds: 3 * Self.day - 1)
                #expect(try await daemon.published() == [standby, born, signer])
                clock.advance(seconds: 1)
                #expect(try await daemon.published() == [standby, born], "at this moment, whoever has looked since")
                let entry = try #require(try daemon.audit(.keyRotated).last)
                #expect(entry.actor.hasPrefix("admin-socket:uid=") && entry.result == .allowed)
            }
        }

        @Test("refuse a rotation that verifiers would not follow, say from when on it can be, and name them when it is forced")
        func rotateEarly() async throws {
            let clock = ManualClock()
            try await withDaemon(clock: clock) { daemon in
                let ring = try await daemon.published()
                let ready = try #require(try await daemon.keyRing()["keys"]?.elements?.first { $0["status"]?.text == "standby" })
                let refused = try await daemon.admin("POST", "/v1/admin/keys/rotate")
                expectError(refused, 409, "standby_too_young")
                #expect(refused.json["readyAt"]?.text == clock.now().adding(seconds: Self.day).description, "\(ready)")
                #expect(try await daemon.published() == ring, "nothing was done")
                let forced = try await daemon.done("/v1/admin/keys/rotate", #"{"now":true}"#)
                let holders = try #require(forced["notYetAcceptedBy"]?.elements)
                #expect(holders.count == 1 && holders.first?["who"]?.text?.contains("JWKS") == true)
                #expect(holders.first?["until"]?.text == clock.now().adding(seconds: 3600).description)
                let now = try await daemon.published()
                #expect(now.first == ring[1])
            }
        }

        @Test("rotate by plan, over and over, and no token fails on the way")
        func planned() async throws {
            let clock = ManualClock()
            try await withDaemon([.rotationPeriod: "2d", .maxBundleLife: "1d"], clock: clock) { daemon in
                let identity = try await daemon.identity(Self.scope)
                var signers: [String] = []
                for _ in 0..<6 {
                    let pair = try await daemon.pair(identity)
                    signers.append(try #require(try pair.header["kid"]?.text))
                    clock.advance(seconds: 3500)
                    #expect(try await daemon.published().contains(signers.last!))
                    clock.advance(seconds: Self.day - 3500)
                    await daemon.authority.tendKeys()
                    #expect(try await daemon.published().contains(signers.last!), "a token that may still be good")
                }
                #expect(Set(signers).count == 3, "\(signers)")
            }
        }

        @Test("revoke the signer: out of the JWKS and dead here at once, the standby signs, and the answer says what is still about")
        func revoke() async throws {
            let clock = ManualClock()
            try await withDaemon(clock: clock) { daemon in
                let identity = try await daemon.identity(Self.scope)
                let (signer, standby) = (try await daemon.keyId("active"), try await daemon.keyId("standby"))
                clock.advance(seconds: Self.day)
                let pairs = [try await daemon.pair(identity, #""expiresIn":600"#), try await daemon.pair(identity, #""expiresIn":900"#)]
                for pair in pairs { #expect(try await daemon.send("GET", "/v1/identities", [pair.bearer]).status == 200) }
                let answer = try await daemon.done("/v1/admin/keys/\(signer)/revoke", #"{"reason":"a backup was stolen"}"#)
                #expect(answer["revokedKeyIds"]?.texts == [signer] && answer["signerKeyId"]?.text == standby)
                #expect(answer["outstandingTokens"]?.number == 2)
                #expect(answer["latestTokenExpiry"]?.text == clock.now().adding(seconds: 900).description)
                #expect(answer["stillAcceptedBy"]?.elements?.first?["until"]?.text == clock.now().adding(seconds: 3600).description)
                #expect(answer["notYetAcceptedBy"]?.elements?.isEmpty == true && answer["verifiersMustRefetch"]?.flag == true)
                #expect(try await daemon.published() == [standby, try #require(answer["standbyKeyId"]?.text)])
                for pair in pairs { expectError(try await daemon.send("GET", "/v1/identities", [pair.bearer]), 401, "invalid_token") }
                let next = try TestDaemon.pair(try await daemon.refresh(pairs[0].refresh))
                #expect(try next.header["kid"]?.text == standby, "sessions go on under the new key")
                #expect(try await daemon.send("GET", "/v1/identities", [next.bearer]).status == 200)
                let again = try await daemon.done("/v1/admin/keys/\(signer)/revoke", #"{"reason":"again"}"#)
                #expect(again["revokedKeyIds"]?.texts == [] && again["signerKeyId"]?.text == standby)
                #expect(again["verifiersMustRefetch"]?.flag == false && again["stillAcceptedBy"]?.elements == [])
                let shown = try #require(try await daemon.keyRing()["keys"]?.elements?.first { $0["keyId"]?.text == signer })
                #expect(
                    shown["status"]?.text == "revoked" && shown["revokeReason"]?.text == "a backup was stolen" && shown["leftAt"] != nil)
                let entry = try #require(try daemon.audit(.keyRevoked).last)
                #expect(entry.metadata["reason"] == "a backup was stolen" && entry.actor.hasPrefix("admin-socket:uid="))
            }
        }

        @Test("revoke every key: whoever verifies must fetch again, and is told so")
        func revokeAll() async throws {
            let clock = ManualClock()
            try await withDaemon(clock: clock) { daemon in
                let identity = try await daemon.identity(Self.scope)
                clock.advance(seconds: Self.day)
                let pair = try await daemon.pair(identity)
                let before = try await daemon.published()
                let answer = try await daemon.done("/v1/admin/keys/revoke-all", #"{"reason":"the store was stolen"}"#)
                #expect(Set(answer["revokedKeyIds"]?.texts ?? []) == Set(before) && answer["verifiersMustRefetch"]?.flag == true)
                #expect(answer["notYetAcceptedBy"]?.elements?.isEmpty == false)
                let after = try await daemon.published()
                #expect(after.count == 2 && Set(after).isDisjoint(with: before))
                #expect(after.first == answer["signerKeyId"]?.text && after.last == answer["standbyKeyId"]?.text)
                expectError(try await daemon.send("GET", "/v1/identities", [pair.bearer]), 401, "invalid_token")
                #expect(try await daemon.pair(identity).header["kid"]?.text == after[0])
            }
        }

        @Test("revoke every key without the master key: nothing is shown then, and no empty JWKS is kept by anybody")
        func revokeAllWithoutSeal() async throws {
            let scratch = Scratch()
            try await withDaemon(scratch: scratch) { _ in }
            try FileManager.default.removeItem(atPath: scratch.state + "/master.key")
            try await withDaemon(scratch: scratch) { daemon in
                let tag = try #require(try await daemon.send("GET", "/.well-known/jwks.json")["etag"])
                let answer = try await daemon.done("/v1/admin/keys/revoke-all", #"{"reason":"the store was stolen"}"#)
                #expect(answer["signerKeyId"] == nil && answer["verifiersMustRefetch"]?.flag == true)
                for door in [daemon.tcp, daemon.socket] {
                    for headers in [[], [("if-none-match", tag)], [("if-none-match", "*")]] {
                        let reply = try await daemon.send("GET", "/.well-known/jwks.json", headers, to: door)
                        expectError(reply, 503, "signing_unavailable")
                        #expect(reply["cache-control"] == "no-store" && reply["etag"] == nil && reply["retry-after"] != nil)
                        let head = try await daemon.send("HEAD", "/.well-known/jwks.json", headers, to: door)
                        #expect(head.status == 503 && head["cache-control"] == "no-store")
                    }
                }
                try await daemon.done("/v1/admin/seal/rewrap", #"{"giveUp":"it is gone"}"#)
                #expect(try await daemon.published().isEmpty == false)
            }
        }

        @Test("say in full to the operator alone what keeps the ring from being as it should be", arguments: Surface.allCases)
        func problem(_ surface: Surface) async throws {
            try await withDaemon { daemon in
                let well = daemon.authority.keyRingReport()
                let report = KeyRingReport(
                    now: well.now, keys: well.keys, schedule: well.schedule, timings: well.timings, problem: "a sentence with /a/path",
                    waitsFor: nil)
                var writer = JSONWriter()
                writer.keyRing(report, signer: nil, on: surface)
                let shown = try JSON(writer.bytes)["schedule"]?["problem"]?.text
                #expect(shown?.isEmpty == false && shown?.contains("/a/path") == (surface == .adminSocket))
            }
        }

        @Test("refuse what they can't read, by its name")
        func refusals() async throws {
            try await withDaemon { daemon in
                let signer = try await daemon.keyId("active")
                for target in ["/v1/admin/keys/\(signer)/revoke", "/v1/admin/keys/revoke-all"] {
                    for body in ["{}", #"{"reason":""}"#, #"{"reason":7}"#, #"{"reason":"a\u0000b"}"#] {
                        expectField(try await daemon.admin("POST", target, body: body), "reason", "\(target) \(body)")
                    }
                }
                for kid in ["x", String(signer.dropLast()), signer.lowercased() + "A", "%00"] {
                    let reply = try await daemon.admin("POST", "/v1/admin/keys/\(kid)/revoke", body: #"{"reason":"r"}"#)
                    expectError(reply, 404, "signing_key_not_found", kid)
                }
                expectField(try await daemon.admin("POST", "/v1/admin/keys/rotate", body: #"{"now":"yes"}"#), "now")
                expectField(try await daemon.admin("POST", "/v1/admin/keys/import", body: "{}"), "pem")
                #expect(try await daemon.keyId("active") == signer)
            }
        }

        @Test("take a key from outside into the standby's place, once, and show nothing of its private half")
        func importKey() async throws {
            let clock = ManualClock()
            try await withDaemon(clock: clock) { daemon in
                let pem = try Fixture.text("crypto/rsa2048-pkcs8.pem")
                let lines = pem.split(separator: "\n").filter { !$0.hasPrefix("-----") }.map(String.init)
                lines.forEach(daemon.ledger.note)
                let body = #"{"pem":"\#(pem.replacing("\n", with: "\\n"))"}"#
                let displaced = try await daemon.keyId("standby")
                let reply = try await daemon.admin("POST", "/v1/admin/keys/import", body: body)
                #expect(reply.status == 200 && reply.json["status"]?.text == "standby", "\(reply.text)")
                #expect(reply.json["displacedKeyId"]?.text == displaced)
                #expect(reply.json["readyAt"]?.text == clock.now().adding(seconds: Self.day).description)
                let imported = try #require(reply.json["keyId"]?.text)
                let shownNow = try await daemon.published()
                #expect(shownNow.last == imported && !shownNow.contains(displaced))
                let shown = try #require(try await daemon.keyRing()["keys"]?.elements?.first { $0["keyId"]?.text == imported })
                #expect(shown["origin"]?.text == "imported" && shown["jwk"]?.names == ["kty", "n", "e", "alg", "use", "kid"])
                expectField(try await daemon.admin("POST", "/v1/admin/keys/import", body: body), "pem")
                clock.advance(seconds: Self.day)
                try await daemon.done("/v1/admin/keys/rotate")
                #expect(try await daemon.pair(daemon.identity(Self.scope)).header["kid"]?.text == imported)
                // In the middle of the private half.
                let der = try #require(Data(base64Encoded: lines.joined()).map(Array.init))
                for (name, bytes) in daemon.scratch.files {
                    #expect(!SecretLedger.contains(bytes, Array(der[700..<740])), "\(name)")
                    for line in lines.dropLast() { #expect(!SecretLedger.contains(bytes, Array(line.utf8)), "\(name)") }
                }
            }
        }

        @Test("refuse a key that is none, and repeat nothing of it")
        func badKeys() async throws {
            try await withDaemon { daemon in
                let before = try await daemon.published()
                let cases = try #require(try Fixture.json("crypto/private-key-refusals.json")["cases"]?.elements)
                for item in cases {
                    let file = try #require(item["file"]?.text)
                    let pem = try Fixture.text("crypto/" + file)
                    let reply = try await daemon.admin(
                        "POST", "/v1/admin/keys/import", body: #"{"pem":"\#(pem.replacing("\n", with: "\\n"))"}"#)
                    expectField(reply, "pem", file)
                    for line in pem.split(separator: "\n") where !line.hasPrefix("-----") && line.utf8.count > 20 {
                        #expect(!reply.text.contains(line), "\(file)")
                    }
                }
                #expect(cases.count > 5)
                #expect(try await daemon.published() == before)
            }
        }
    }
}
