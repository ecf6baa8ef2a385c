import LatchkeyServer
import Testing

extension ServerTests {
    @Suite("Discovery")
    struct DiscoveryTests {
        private static let documents = ["/.well-known/openid-configuration", "/.well-known/oauth-authorization-server"]

        private static func addresses(_ node: JSON) -> [String] {
            switch node {
            case .string(let text): text.hasPrefix("http") ? [text] : []
            case .array(let elements): elements.flatMap(addresses)
            case .object(let members): members.values.flatMap(addresses)
            default: []
            }
        }

        @Test("names the issuer and only addresses that answer", arguments: documents)
        func walk(_ path: String) async throws {
            try await withDaemon { daemon in
                let reply = try await daemon.send("GET", path)
                #expect(reply.status == 200 && reply["content-type"] == "application/json")
                let json = reply.json
                #expect(json["issuer"]?.text == daemon.running.url)
                let issuer = daemon.running.url
                let addresses = Self.addresses(json).filter { $0 != issuer }
                #expect(addresses.contains(issuer + "/.well-known/jwks.json"))
                for address in addresses {
                    try #require(address.hasPrefix(issuer + "/"))
                    let found = try await daemon.send("GET", String(address.dropFirst(issuer.count)))
                    #expect(found.status == 200, "\(address)")
                }
                let keys = try await daemon.send("GET", "/.well-known/jwks.json").json
                let named = try await daemon.send("GET", String(try #require(json["jwks_uri"]?.text).dropFirst(issuer.count))).json
                #expect(named == keys)
                for name in json.names where name.hasSuffix("_endpoint") { Issue.record("\(name) is named and there is no such flow") }
            }
        }

        @Test("says what the standards require, truthfully")
        func required() async throws {
            try await withDaemon { daemon in
                let openID = try await daemon.send("GET", Self.documents[0]).json
                #expect(openID["response_types_supported"] == .array([]) && openID["grant_types_supported"] == .array([]))
                #expect(openID["subject_types_supported"]?.texts == ["public"])
                #expect(openID["id_token_signing_alg_values_supported"]?.texts == ["RS256"])
                let oauth = try await daemon.send("GET", Self.documents[1]).json
                #expect(oauth["response_types_supported"] == .array([]) && oauth["grant_types_supported"] == .array([]))
            }
        }

        @Test("knows an issuer that ends in a slash", arguments: documents)
        func slash(_ path: String) async throws {
            try await withDaemon([.issuer: "https://auth.example.org/"]) { daemon in
                let json = try await daemon.send("GET", path).json
                #expect(json["issuer"]?.text == "https://auth.example.org/")
                #expect(json["jwks_uri"]?.text == "https://auth.example.org/.well-known/jwks.json")
            }
        }

        @Test("The OpenAPI document is there for anybody, and not sent again to who has it")
        func openAPI() async throws {
            try await withDaemon { daemon in
                let path = "/v1/openapi.json"
                let reply = try await daemon.send("GET", path)
                #expect(reply.status == 200 && reply["content-type"] == "application/json")
                #expect(reply.json["openapi"]?.text == "3.1.0" && reply.json["info"]?["version"]?.text == "0.0-test")
                let tag = try #require(reply["etag"])
                let again = try await daemon.send("GET", path, [("if-none-match", tag)])
                #expect(again.status == 304 && again.body.isEmpty && again["etag"] == tag)
                #expect(try await daemon.send("GET", path, [("if-none-match", "\"other\"")]).status == 200)
                let socket = try await daemon.admin("GET", path)
                #expect(socket.json["paths"]?["/v1/admin/status"] != nil && reply.json["paths"]?["/v1/admin/status"] == nil)
                #expect(socket["etag"] != tag)
            }
        }

        @Test("The OpenAPI document takes the planes that the install has for scopes")
        func planes() async throws {
            try await withDaemon([.planes: "lab"]) { daemon in
                let json = try await daemon.send("GET", "/v1/openapi.json").json
                let pattern = json["components"]?["schemas"]?["WantedScope"]?["pattern"]?.text
                #expect(pattern?.contains("|lab)") == true)
            }
        }
    }
}
