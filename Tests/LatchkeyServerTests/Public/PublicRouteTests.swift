import FoundationEssentials
import Glibc
import LatchkeyServer
import Testing

extension ServerTests {
    @Suite("What anybody may ask")
    struct PublicRouteTests {
        private static let jwks = "/.well-known/jwks.json"

        @Test("The JWKS shows two public keys and nothing else of them")
        func shape() async throws {
            try await withDaemon { daemon in
                let reply = try await daemon.send("GET", Self.jwks)
                #expect(reply.status == 200 && reply["content-type"] == "application/json")
                #expect(reply["cache-control"] == "public, max-age=3600, must-revalidate")
                let json = reply.json
                #expect(json.names == ["keys"])
                let keys = try #require(json["keys"]?.elements)
                #expect(keys.count == 2)
                for key in keys {
                    #expect(key.names == ["kty", "n", "e", "alg", "use", "kid"])
                    #expect(
                        key["kty"]?.text == "RSA" && key["alg"]?.text == "RS256" && key["use"]?.text == "sig" && key["e"]?.text == "AQAB")
                    #expect(key["n"]?.text?.utf8.count == 342)
                }
                #expect(Set(keys.compactMap { $0["kid"]?.text }).count == 2)
            }
        }

        @Test("The JWKS says for how long it may be kept")
        func maxAge() async throws {
            try await withDaemon([.jwksMaxAge: "5m"]) { daemon in
                let reply = try await daemon.send("GET", Self.jwks)
                #expect(reply["cache-control"] == "public, max-age=300, must-revalidate")
            }
        }

        @Test("The JWKS is not sent again to who has it")
        func notModified() async throws {
            try await withDaemon { daemon in
                let tag = try #require(try await daemon.send("GET", Self.jwks)["etag"])
                #expect(tag.hasPrefix("\"") && tag.hasSuffix("\"") && tag.count > 2)
                for known in [tag, "*", "W/\(tag)", "\"a\", \(tag)", "\"a\",W/\(tag) , \"b\""] {
                    for method in ["GET", "HEAD"] {
                        let reply = try await daemon.send(method, Self.jwks, [("if-none-match", known)])
                        #expect(reply.status == 304 && reply.body.isEmpty, "\(known)")
                        #expect(reply["etag"] == tag && reply["cache-control"] != nil)
                    }
                }
                for other in ["\"a\"", "W/\"a\"", "", String(tag.dropLast()), tag.replacing("\"", with: "")] {
                    #expect(try await daemon.send("GET", Self.jwks, [("if-none-match", other)]).status == 200, "\(other)")
                }
                let wire = try await Wire.open(daemon.tcp)
                try await wire.send(TestDaemon.request("GET", Self.jwks, [("if-none-match", tag)]) + TestDaemon.request("GET", "/health"))
                #expect(try await wire.reply().status == 304)
                #expect(try await wire.reply().status == 200)
                await wire.close()
            }
        }

        @Test("Health is said to anybody, without a path or an inner detail")
        func health() async throws {
            try await withDaemon { daemon in
                let alive = try await daemon.send("GET", "/health", [("authorization", "Nonsense")])
                #expect(alive.status == 200)
                #expect(alive.json == .object(["status": .string("ok"), "version": .string("0.0-test")]))
                let well = try await daemon.send("GET", "/v1/health")
                #expect(well.status == 200 && well.json["status"]?.text == "healthy" && well.json["version"]?.text == "0.0-test")
                #expect(well.json["services"]?["store"]?["status"]?.text == "healthy")
                #expect(well.json["services"]?["signing"]?["status"]?.text == "healthy")
            }
        }

        @Test("A revocation check tells of what is known here, and calls everything else revoked")
        func revocations() async throws {
            try await withDaemon { daemon in
                let pair = try await daemon.pair(daemon.identity())
                let id = try pair.tokenId
                #expect(
                    try await daemon.send("GET", "/v1/revocations?jti=\(id)").json
                        == .object(["jti": .string(id), "revoked": .bool(false)]))
                for other in ["x", "tok_00000000000000000000000000", "tok_%22%0a", try pair.sessionId] {
                    let reply = try await daemon.send("GET", "/v1/revocations?jti=\(other)")
                    #expect(reply.status == 200 && reply.json["revoked"]?.flag == true, "\(other)")
                }
                expectField(try await daemon.send("GET", "/v1/revocations"), "jti")
                expectField(try await daemon.send("GET", "/v1/revocations?jti="), "jti")
                expectField(try await daemon.send("GET", "/v1/revocations?jti=\(String(repeating: "x", count: 257))"), "jti")
            }
        }

        enum Damage: CaseIterable { case removed, replaced, garbled, openToOthers }

        @Test("Without its master key the authority verifies, signs nothing, overwrites nothing and says so", arguments: Damage.allCases)
        func withoutMasterKey(_ damage: Damage) async throws {
            let scratch = Scratch()
            let settings: [Setting: String] = [.issuer: "https://keys.test"]
            var pair = TestDaemon.Pair(access: "", refresh: "")
            var identity = ""
            var document: [UInt8] = []
            try await withDaemon(settings, scratch: scratch) { daemon in
                identity = try await daemon.identity("relayauth:identity:read:*")
                pair = try await daemon.pair(identity)
                document = try await daemon.send("GET", Self.jwks).body
            }
            let path = scratch.state + "/master.key"
            let original = try #require(FileManager.default.contents(atPath: path))
            func write(_ bytes: Data, mode: mode_t) throws {
                try bytes.write(to: URL(filePath: path))
                chmod(path, mode)
            }
            try FileManager.default.removeItem(atPath: path)
            switch damage {
            case .removed: break
            case .replaced: try write(Data(repeating: 7, count: 32), mode: 0o400)
            case .garbled: try write(Data("not a key".utf8), mode: 0o400)
            case .openToOthers: try write(original, mode: 0o644)
            }
            let left = FileManager.default.contents(atPath: path)
            try await withDaemon(settings, scratch: scratch) { daemon in
                let health = try await daemon.send("GET", "/v1/health")
                #expect(health.status == 200 && health.json["status"]?.text == "degraded")
                #expect(health.json["services"]?["signing"]?["status"]?.text == "degraded")
                #expect(health.json["services"]?["signing"]?["reason"]?.text?.isEmpty == false)
                #expect(!health.text.contains(scratch.path), "no path for anybody")
                let status = try await daemon.admin("GET", "/v1/admin/status").json
                #expect(status["status"]?.text == "degraded" && status["seal"]?["open"]?.flag == false)
                #expect(status["seal"]?["reason"]?.text?.contains(path) == true)
                #expect(daemon.log.lines.contains { $0.hasPrefix("error") && $0.contains(path) })

                #expect(try await daemon.send("GET", Self.jwks).body == document)
                #expect(try await daemon.send("GET", "/v1/identities", [pair.bearer]).status == 200)
                #expect(
                    try await daemon.admin("POST", "/v1/tokens/introspect", body: #"{"token":"\#(pair.access)"}"#).json == (try pair.claims)
                )
                let refused = try await daemon.admin("POST", "/v1/tokens", body: #"{"identityId":"\#(identity)"}"#)
                expectError(refused, 503, "signing_unavailable")
                #expect(refused["retry-after"] != nil)
                expectError(try await daemon.refresh(pair.refresh), 503, "signing_unavailable")
            }
            #expect(FileManager.default.contents(atPath: path) == left)
            try? FileManager.default.removeItem(atPath: path)
            try write(original, mode: 0o400)
            try await withDaemon(settings, scratch: scratch) { daemon in
                let health = try await daemon.send("GET", "/v1/health")
                #expect(health.json["status"]?.text == "healthy")
                #expect(try await daemon.refresh(pair.refresh).status == 200)
            }
        }
    }
}
