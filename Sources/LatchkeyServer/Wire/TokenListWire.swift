import LatchkeyAuthority
import LatchkeyVerifier

/// `POST /v1/tokens/validate`.
struct ValidateBody: RequestBodyType {
    let token: String
    let requiredScopes: [String]?
    let orgId: String?

    static let schema = Schema.body(
        "ValidateToken",
        [.required("token", .presentedToken), .optional("requiredScopes", .wantedScopes()), .optional("orgId", .organisationId)])
}

extension Schema {
    static let tokenVerdict = Schema.object(
        "TokenVerdict",
        [
            .required("valid", .boolean.sampled(true)), .required("claims", .introspection),
            .optional("missingScopes", .scopes.noted("Those of the required scopes that a good token does not cover")),
        ])

    static let liveToken = Schema.object(
        "LiveToken",
        [
            .required("jti", .id(.token)), .required("sid", .id(.session)), .required("scopes", .scopes),
            .required("audience", .array(of: .string(), count: 1...10).sampled(["relayfile"])), .required("issuedAt", .timestamp),
            .required("expiresAt", .timestamp), .required("revoked", .boolean.sampled(false)),
        ])
}

extension JSONWriter {
    mutating func liveToken(_ token: LiveToken) {
        object { writer in
            writer.member("jti", token.id)
            writer.member("sid", token.sessionId)
            writer.member("scopes", token.scopes)
            writer.member("audience", token.audience)
            writer.member("issuedAt", token.issuedAt)
            writer.member("expiresAt", token.expiresAt)
            // What is revoked is not on this list; the member is there for clients that look at it.
            writer.member("revoked", false)
        }
    }
}
