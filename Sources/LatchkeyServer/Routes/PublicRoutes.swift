import HTTPTypes
import LatchkeyAuthority
import LatchkeyVerifier
import NIOCore

/// Contract §3: what anybody may ask.
enum PublicRoutes {
    static let all = [alive, health, jwks, openAPI]

    private static let alive = Route.get("/health", "getLiveness", .open, "Whether the process lives")
        .answers(.ok, .liveness)
        .handle { call in
            .json { writer in
                writer.object { writer in
                    writer.member("status", "ok")
                    writer.member("version", call.about.version)
                }
            }
        }

    private static let health = Route.get("/v1/health", "getHealth", .open, "How the install is")
        .answers(.ok, .health, headers: .noStore)
        .answers(.serviceUnavailable, .health, headers: .noStore)
        .handle { call in
            let services = call.services
            let level = services.map(\.level).max() ?? .healthy
            return .json(level == .unhealthy ? .serviceUnavailable : .ok, headers: [.cacheControl: "no-store"]) { writer in
                writer.object { writer in
                    writer.member("status", level.rawValue)
                    writer.member("version", call.about.version)
                    writer.key("services")
                    writer.object { writer in
                        for service in services {
                            writer.key(escaping: service.name)
                            writer.object { writer in
                                writer.member("status", service.level.rawValue)
                                writer.member("reason", ifPresent: service.summary)
                            }
                        }
                    }
                }
            }
        }

    private static let jwks = Route.get(
        "/.well-known/jwks.json", "getJwks", .open, "The public keys that verify this authority's tokens (RFC 7517)"
    )
    .header(.ifNoneMatch, .string(), "The tag of a copy that is there already")
    .answers(.ok, .jwks, headers: .always(.eTag), .always(.cacheControl))
    .answers(.notModified, headers: .always(.eTag), .always(.cacheControl))
    .refuses(.signingUnavailable)
    .handle { call in
        let keys = call.authority.keys
        // Whoever kept an empty set would refuse good tokens beyond the repair.
        guard !keys.ring.published.isEmpty else {
            throw APIError(
                .signingUnavailable, "there is no signing key to show; the operator's status says why", headers: [.cacheControl: "no-store"]
            )
        }
        return .document(
            ByteBuffer(bytes: keys.document), tag: keys.entityTag,
            cacheControl: "public, max-age=\(call.authority.settings.jwksMaxAge), must-revalidate", known: call.header(.ifNoneMatch))
    }

    private static let openAPI = Route.get("/v1/openapi.json", "getOpenApi", .open, "This document")
        .note("On the admin socket it has the routes of the socket, too.")
        .header(.ifNoneMatch, .string(), "The tag of a copy that is there already")
        .answers(.ok, .openAPI, headers: .always(.eTag), .always(.cacheControl))
        .answers(.notModified, headers: .always(.eTag), .always(.cacheControl))
        .handle { call in
            let document = call.published.openAPI(call.surface)
            return .document(document.bytes, tag: document.tag, cacheControl: "no-cache", known: call.header(.ifNoneMatch))
        }
}
