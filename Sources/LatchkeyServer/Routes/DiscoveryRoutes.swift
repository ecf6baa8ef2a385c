import HTTPTypes
import LatchkeyAuthority
import LatchkeyVerifier

/// Contract §3: where clients of two standards look for what an issuer can do. This one hands out no token through their flows, and the
/// documents name nothing that doesn't answer.
enum DiscoveryRoutes {
    static let all = [openID, oauth]

    private static let openID = Route.get(
        "/.well-known/openid-configuration", "getOpenIdConfiguration", .open, "What OpenID clients ask of an issuer (OpenID Discovery 1.0)"
    )
    .answers(.ok, .openIDConfiguration, headers: .always(.cacheControl))
    .handle { call in
        metadata(call) { writer in
            writer.member("subject_types_supported", ["public"])
            writer.member("id_token_signing_alg_values_supported", ["RS256"])
        }
    }

    private static let oauth = Route.get(
        "/.well-known/oauth-authorization-server", "getAuthorizationServerMetadata", .open,
        "What OAuth clients ask of an issuer (RFC 8414)"
    )
    .answers(.ok, .authorizationServerMetadata, headers: .always(.cacheControl))
    .handle { call in metadata(call) { _ in } }

    private static func metadata(_ call: Call, _ more: (inout JSONWriter) -> Void) -> Answer {
        let issuer = call.authority.settings.issuer
        let base = issuer.hasSuffix("/") ? String(issuer.dropLast()) : issuer
        let maxAge = call.authority.settings.jwksMaxAge
        return .json(headers: [.cacheControl: "public, max-age=\(maxAge)"]) { writer in
            writer.object { writer in
                writer.member("issuer", issuer)
                writer.member("jwks_uri", base + "/.well-known/jwks.json")
                writer.member("response_types_supported", [String]())
                writer.member("grant_types_supported", [String]())
                more(&writer)
            }
        }
    }
}
