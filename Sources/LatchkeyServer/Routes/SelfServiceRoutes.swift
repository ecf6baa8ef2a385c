import HTTPTypes
import LatchkeyAuthority
import LatchkeyCrypto
import LatchkeyVerifier

/// Contract §4: keys that an identity makes for itself.
enum SelfServiceRoutes {
    static let all = [mint]

    private static let mint = Route.post("/api/v1/keys", "mintSelfServiceKey", .identity, "Mint an API key that acts as its caller")
        .note(
            "It holds what the caller's credential holds, cut to what the caller's identity holds at each use, and dies with the identity. The "
                + "owner is the caller, whatever the body says. The secret is in this answer and never shown again."
        )
        .body(SelfServiceBody.self)
        .answers(.created, .selfServiceKey, headers: .noStore)
        .refuses(.rateLimited, .clockUnreliable)
        .handle { call, body in
            let (key, secret) = try await call.authority.mintSelfServiceKey(
                name: body.name, expiresAt: body.expires_at?.moment, by: call.caller)
            return .secretJSON(.created, capacity: 1024) { writer in
                writer.object { writer in
                    writer.member("id", key.record.id)
                    writer.member("name", key.record.name)
                    writer.member("prefix", key.record.prefix)
                    writer.member("expires_at", ifPresent: key.record.expiresAt)
                    writer.key("key")
                    secret.withBytes { writer.ascii($0) }
                }
            }
        }
}
