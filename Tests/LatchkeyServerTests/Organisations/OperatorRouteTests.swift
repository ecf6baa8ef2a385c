import LatchkeyAuthority
import Testing

extension ServerTests {
    @Suite("A route of the operator")
    struct OperatorRouteTests {
        @Test("ignores the organisation that it acts in when it is named, and refuses another one")
        func organisation() async throws {
            try await withDaemon { daemon in
                let own = daemon.authority.firstOrganisation
                let other = try await daemon.neighbour.orgId
                for (method, path, body) in [
                    ("GET", "/v1/admin/status", nil), ("GET", "/v1/admin/orgs", nil), ("POST", "/v1/admin/orgs", #"{"name":"late"}"#),
                    ("POST", "/v1/admin/keys/rotate", #"{"now":true}"#), ("POST", "/v1/admin/keys/revoke-all", #"{"reason":"r"}"#),
                    ("POST", "/v1/admin/clock/accept", nil), ("POST", "/v1/admin/seal/rewrap", nil), ("GET", "/v1/admin/cutover", nil),
                    ("POST", "/v1/admin/cutover/legacy-secret", LegacyIssuer(daemon).body()),
                    ("POST", "/v1/admin/cutover/verifiers", #"{"name":"a","accepts":["RS256"]}"#),
                    ("POST", "/v1/admin/cutover/advance", #"{"override":"r"}"#), ("POST", "/v1/admin/cutover/rollback", nil),
                ] as [(String, String, String?)] {
                    expectError(
                        try await daemon.admin(method, "\(path)?orgId=\(other)", body: body), 403, "org_mismatch", "\(method) \(path)")
                    #expect((200...201).contains(try await daemon.admin(method, "\(path)?orgId=\(own)", body: body).status))
                }
                expectError(
                    try await daemon.admin("POST", "/v1/admin/orgs", body: #"{"name":"later","orgId":"\#(other)"}"#), 403, "org_mismatch")
            }
        }
    }
}
