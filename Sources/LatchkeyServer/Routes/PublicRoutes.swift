import HTTPTypes
import LatchkeyAuthority
import LatchkeyVerifier
import NIOCore

/// Contract §3: what anybody may ask.
enum PublicRoutes {
    static let all: [Route] = [
        .get("/health", .open, "Whether the process lives") { call in
            .json { writer in
                writer.object { writer in
                    writer.member("status", "ok")
                    writer.member("version", call.about.version)
                }
            }
        },
        .get("/v1/health", .open, "How the install is") { call in
            let services = call.authority.services
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
        },
        .get("/.well-known/jwks.json", .open, "The public keys that verify this authority's tokens") { call in
            let keys = call.authority.keys
            var headers: HTTPFields = [.cacheControl: "public, max-age=\(call.authority.settings.jwksMaxAge), must-revalidate"]
            headers[.eTag] = keys.entityTag
            if let known = call.headers[.ifNoneMatch], matches(known, keys.entityTag) { return Answer(.notModified, headers: headers) }
            headers[.contentType] = "application/json"
            return Answer(.ok, headers: headers, body: ByteBuffer(bytes: keys.document))
        },
    ]

    /// RFC 9110 §13.1.2, by weak comparison.
    private static func matches(_ header: String, _ tag: String) -> Bool {
        header.split(separator: ",").contains { part in
            var candidate = Substring(part.filter { $0 != " " && $0 != "\t" })
            if candidate.hasPrefix("W/") { candidate = candidate.dropFirst(2) }
            return candidate == "*" || candidate == tag
        }
    }
}
