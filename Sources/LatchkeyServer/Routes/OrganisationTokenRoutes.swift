import HTTPTypes
import LatchkeyAuthority
import LatchkeyCrypto
import LatchkeyVerifier

/// Contract §4: keys that hold everything in an organisation.
enum OrganisationTokenRoutes {
    static let all = [mint, list, revoke]

    private static let everything = Access.holding("*:*:*:*")

    private static let mint = Route.post("/org/tokens", "mintOrganisationToken", everything, "Mint a key that holds everything")
        .note(
            "The secret is in this answer and never shown again. How many an address and a root make in an hour is limited, by whatever route; "
                + "listing and revoking are not."
        )
        .body(OrganisationTokenBody.self)
        .answers(.ok, .mintedOrganisationToken, headers: .noStore)
        .refuses(.scopeEscalation, .rateLimited, .clockUnreliable)
        .handle { call, body in
            let (key, secret) = try await call.authority.mintOrganisationToken(name: body.name, by: call.caller)
            return .secretJSON(.ok, capacity: 1024) { writer in
                writer.object { writer in
                    writer.member("id", key.record.id)
                    writer.member("prefix", key.record.prefix)
                    if !key.record.name.isEmpty { writer.member("name", key.record.name) }
                    writer.key("auth_token")
                    secret.withBytes { writer.ascii($0) }
                    writer.member(
                        "warning", "this token holds everything in its organisation and is not shown again: keep it where secrets are kept")
                }
            }
        }

    private static let list = Route.get("/org/tokens", "listOrganisationTokens", everything, "List the live keys that hold everything")
        .note("Newest first, 500 at most. `GET /v1/api-keys` lists all keys, these among them.")
        .answers(.ok, .organisationTokens)
        .handle { call in
            let tokens = try call.authority.organisationTokens(by: call.caller)
            return .json { writer in
                writer.object { writer in
                    writer.key("tokens")
                    writer.array { writer in for token in tokens { writer.organisationToken(token) } }
                    writer.member("count", Int64(tokens.count))
                }
            }
        }

    private static let revoke = Route.delete(
        "/org/tokens/{id}", "revokeOrganisationToken", everything, "Revoke a key that holds everything"
    )
    .note("One that was revoked or has ended is not found.")
    .id(.organisationToken)
    .answers(.ok, .revokedOrganisationToken)
    .handle { call in
        let id = call.parameter("id")
        try await call.authority.revokeOrganisationToken(id, by: call.caller)
        return .json { writer in writer.object { $0.member("revoked", id) } }
    }
}
