import HTTPTypes
import LatchkeyAuthority
import LatchkeyVerifier
import NIOCore

/// Contract §6, and the public routes about tokens of §3.
enum TokenRoutes {
    static let all: [Route] = [
        .post("/v1/tokens", .holding("relayauth:token:create:*"), "Issue a token pair for an identity", body: IssueBody.self) {
            call, body in
            let request = TokenRequest(
                identityId: body.identityId, scopes: body.scopes, audience: body.audience, expiresIn: body.expiresIn?.value)
            return .pair(try await call.authority.issueToken(request, by: call.caller), status: .created)
        },
        .post("/v1/tokens/refresh", .open, "Trade a refresh token for a new token pair", body: RefreshBody.self) { call, body in
            .pair(try await call.authority.refresh(body.refreshToken, origin: call.origin), status: .ok)
        },
        .post(
            "/v1/tokens/revoke", .holding("relayauth:token:manage:*"), "Revoke a token, a session, or all tokens of an identity",
            body: RevokeTokenBody.self
        ) {
            call, body in
            try await call.authority.revoke(body.target, by: call.caller)
            return .noContent
        },
        .get("/v1/tokens/introspect", .holding("relayauth:token:read:*"), "The claims of a token that is good now, else null") { call in
            guard let token = try call.query["token"] else { throw APIError.invalid("token", "token is missing") }
            return try introspect(token, call)
        },
        .post(
            "/v1/tokens/introspect", .holding("relayauth:token:read:*"), "The claims of a token that is good now, else null",
            body: IntrospectBody.self
        ) {
            call, body in try introspect(body.token, call)
        },
        .get("/v1/revocations", .open, "Whether a token is revoked or expired") { call in
            guard let tokenId = try call.query["jti"], !tokenId.isEmpty else { throw APIError.invalid("jti", "jti is missing") }
            guard tokenId.utf8.count <= 256 else { throw APIError.invalid("jti", "jti has at most 256 bytes") }
            let isRevoked = try call.authority.isRevoked(tokenId: tokenId)
            return .json(headers: [.cacheControl: "no-store"]) { writer in
                writer.object { writer in
                    writer.member("jti", tokenId)
                    writer.member("revoked", isRevoked)
                }
            }
        },
    ]

    private static func introspect(_ token: String, _ call: Call) throws -> Answer {
        let claims = try call.authority.introspect(token, by: call.caller)
        return .json(headers: [.cacheControl: "no-store"]) { writer in
            if let claims { writer.raw(claims) } else { writer.null() }
        }
    }
}
