import HTTPTypes
import LatchkeyAuthority
import LatchkeyVerifier

/// Contract §6, and the public routes about tokens of §3.
enum TokenRoutes {
    static let all = [issue, refresh, revoke, introspect, introspectBody, revocation]

    private static let create = Access.holding("relayauth:token:create:*")
    private static let read = Access.holding("relayauth:token:read:*")
    private static let manage = Access.holding("relayauth:token:manage:*")

    private static let issue = Route.post("/v1/tokens", "issueToken", create, "Issue a token pair for an identity")
        .note("Without `scopes`, those of the identity that the caller covers. The refresh token is single use.")
        .body(IssueBody.self)
        .answers(.created, .tokenPair, headers: .noStore)
        .refuses(
            .invalidScope, .identityNotFound, .identitySuspended, .identityRetired, .insufficientScope, .scopeEscalation,
            .signingUnavailable, .clockUnreliable
        )
        .handle { call, body in .pair(try await call.authority.issueToken(body.request, by: call.caller), status: .created) }

    private static let refresh = Route.post("/v1/tokens/refresh", "refreshToken", .open, "Trade a refresh token for a new token pair")
        .note("The refresh token is the credential. One that was used already ends its whole session.")
        .body(RefreshBody.self)
        .answers(.ok, .tokenPair, headers: .noStore)
        .refuses(.invalidRefreshToken, .signingUnavailable, .clockUnreliable)
        .handle { call, body in .pair(try await call.authority.refresh(body.refreshToken, origin: call.origin), status: .ok) }

    private static let revoke = Route.post(
        "/v1/tokens/revoke", "revokeToken", manage, "Revoke a token, a session, or all tokens of an identity"
    )
    .note("Effective with the answer. " + Reach.note)
    .header(.prefer, Reach.preference, Reach.note)
    .body(RevokeTokenBody.self)
    .answers(.noContent)
    .answers(.ok, .tokenRevocation)
    .refuses(.tokenNotFound)
    .handle { call, body in
        let reach = Reach(call)
        try await call.authority.revoke(body.target, marking: reach.marks, by: call.caller)
        guard reach.marks != nil else { return .noContent }
        let holders = await reach.holders
        return .json(headers: Reach.applied) { writer in
            writer.object { writer in
                guard let holders else { return }
                writer.key("stillAcceptedBy")
                writer.holders(holders)
            }
        }
    }

    private static let introspect = Route.get(
        "/v1/tokens/introspect", "introspectToken", read, "The claims of a token that is good now, else null"
    )
    .query("token", .presentedToken, required: true, "The access token")
    .answers(.ok, .introspection, headers: .noStore)
    .handle { call in
        guard let token = try call.query("token") else { throw APIError.invalid("token", "token is missing") }
        return try claims(of: token, call)
    }

    private static let introspectBody = Route.post(
        "/v1/tokens/introspect", "introspectTokenInBody", read, "The claims of a token that is good now, else null"
    )
    .note("As GET, for tokens that should not stand in a log of request targets.")
    .body(IntrospectBody.self)
    .answers(.ok, .introspection, headers: .noStore)
    .handle { call, body in try claims(of: body.token, call) }

    private static let revocation = Route.get("/v1/revocations", "getRevocation", .open, "Whether a token is revoked or expired")
        .note("A token that is not known here is called revoked: it can't be shown to be good.")
        .query("jti", .tokenId, required: true, "The token's `jti`")
        .answers(.ok, .revocation, headers: .noStore)
        .refuses(.storageUnavailable)
        .handle { call in
            guard let tokenId = try call.query("jti"), !tokenId.isEmpty else { throw APIError.invalid("jti", "jti is missing") }
            guard tokenId.utf8.count <= 256 else { throw APIError.invalid("jti", "jti has at most 256 bytes") }
            let isRevoked = try call.authority.isRevoked(tokenId: tokenId)
            return .json(headers: [.cacheControl: "no-store"]) { writer in
                writer.object { writer in
                    writer.member("jti", tokenId)
                    writer.member("revoked", isRevoked)
                }
            }
        }

    private static func claims(of token: String, _ call: Call) throws -> Answer {
        let claims = try call.authority.introspect(token, by: call.caller)
        return .json(headers: [.cacheControl: "no-store"]) { writer in
            if let claims { writer.raw(claims) } else { writer.null() }
        }
    }
}
