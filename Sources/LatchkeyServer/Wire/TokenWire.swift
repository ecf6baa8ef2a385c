import HTTPTypes
import LatchkeyAuthority
import LatchkeyCrypto
import LatchkeyVerifier

/// `POST /v1/tokens`.
struct IssueBody: RequestBodyType {
    let identityId: String
    let scopes: [String]?
    let audience: [String]?
    let expiresIn: WireNumber?
    let orgId: String?

    static let schema = Schema.body(
        "IssueToken",
        [
            .required("identityId", .id(.identity)), .optional("scopes", .wantedScopes()),
            .optional("audience", .array(of: .string(pattern: "^[!-~]*$", length: 1...256), count: 1...10)),
            .optional(
                "expiresIn", .integer(1...Int64.max).sampled(900).noted("Seconds of the access token; more than the greatest is clamped")),
            .optional("orgId", .organisationId),
        ])

    var request: TokenRequest {
        TokenRequest(identityId: identityId, scopes: scopes, audience: audience, expiresIn: expiresIn?.value)
    }
}

/// `POST /v1/tokens/refresh`.
struct RefreshBody: RequestBodyType {
    let refreshToken: String

    static let schema = Schema.body(
        "RefreshToken", [.required("refreshToken", .eitherRefreshToken.noted("In a cutover, also a refresh token of the old kind"))])

    /// Nobody calls here whose organisation could be meant.
    var orgId: String? { nil }
}

/// `POST /v1/tokens/revoke`: exactly one of the three.
struct RevokeTokenBody: RequestBodyType {
    let tokenId: String?
    let identityId: String?
    let sessionId: String?
    let orgId: String?

    static let schema = Schema.body(
        "RevokeToken",
        exactlyOne: [
            .required("identityId", .id(.identity)), .required("tokenId", .id(.token)), .required("sessionId", .id(.session)),
        ],
        [.optional("orgId", .organisationId)])

    var target: RevocationTarget {
        get throws(APIError) {
            switch (tokenId, identityId, sessionId) {
            case (let id?, nil, nil): return .token(id)
            case (nil, let id?, nil): return .identity(id)
            case (nil, nil, let id?): return .session(id)
            default: throw .invalid("tokenId", "name exactly one of tokenId, identityId and sessionId")
            }
        }
    }
}

/// `POST /v1/tokens/introspect`.
struct IntrospectBody: RequestBodyType {
    let token: String
    let orgId: String?

    static let schema = Schema.body(
        "IntrospectToken", [.required("token", .presentedToken), .optional("orgId", .organisationId)])
}

extension Schema {
    /// What is presented as an access token: any text, because one that is none gets an answer, too.
    static let presentedToken = Schema.string().naming(.accessToken)

    /// `lkr_…`, or a JWT, which is what refresh tokens were before.
    fileprivate static let eitherRefreshToken = Schema.string(
        pattern: "^(lkr_[0-9A-Za-z]{49}|[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]+)$"
    ).naming(.refreshToken)

    /// A `jti` that is asked about: any text, because one that nothing has gets an answer, too.
    static let tokenId = Schema.string(length: 1...256).naming(.token)

    static let tokenPair = Schema.object(
        "TokenPair",
        [
            .required("accessToken", .id(.accessToken)), .required("refreshToken", .id(.refreshToken)),
            .required("accessTokenExpiresAt", .timestamp), .required("refreshTokenExpiresAt", .timestamp),
            .required("tokenType", .enumeration("Bearer")),
        ])

    private static let numericDate = Schema.integer(0...Int64.max).sampled(1_893_456_000)

    /// What tokens of an older authority need not have; introspection shows them as they were signed.
    private static func unlessLegacy(_ name: String, _ schema: Schema) -> Property {
        .optional(name, schema.nullable.noted("In every token but those that an older authority issued before a cutover"))
    }

    static let claims = Schema.object(
        "Claims",
        [
            .required("sub", .string().sampled(.subject(.identity))), .required("org", .organisationId.sampled(.subject(.organisation))),
            unlessLegacy("wks", .string().sampled(.subject(.organisation))),
            unlessLegacy("scopes", .array(of: .string()).sampled(["relayfile:fs:read:/docs/*"])),
            unlessLegacy("sponsorId", .string().sampled("ada@example.org")),
            unlessLegacy("sponsorChain", .array(of: .string()).sampled(["ada@example.org", .subject(.identity)])),
            .required("token_type", .enumeration("access")), .required("iss", .string().sampled("http://127.0.0.1:8787")),
            .required(
                "aud",
                .oneOf(.array(of: .string(), count: 1...Int.max), .string()).sampled(["relayfile"])
                    .noted("A list in every token but some that an older authority issued before a cutover")),
            .required("exp", numericDate), unlessLegacy("iat", numericDate), .optional("nbf", Schema.integer(0...Int64.max).nullable),
            unlessLegacy("jti", .string().naming(.token).sampled(.subject(.token))),
            unlessLegacy("sid", .string().sampled(.subject(.session))), .optional("parentTokenId", Schema.string().nullable),
            .optional("meta", .map(of: .string())),
        ])

    static let introspection = Schema.oneOf(.claims, .null)

    static let revocation = Schema.object(
        "Revocation", [.required("jti", .string().sampled(.subject(.token))), .required("revoked", .boolean)])

    /// The answer of a revocation, for whoever wants one.
    static let tokenRevocation = Schema.object("TokenRevocation", [Reach.member])
}

extension Answer {
    /// A token pair, in the same bytes whenever it is given.
    static func pair(_ pair: TokenPair, status: HTTPResponse.Status) -> Answer {
        .secretJSON(status, capacity: pair.accessToken.count + 512) { writer in
            writer.pair(pair)
        }
    }
}

extension JSONWriter {
    mutating func pair(_ pair: TokenPair) {
        object { writer in
            writer.key("accessToken")
            pair.accessToken.withBytes { writer.ascii($0) }
            writer.key("refreshToken")
            pair.refreshToken.withBytes { writer.ascii($0) }
            writer.member("accessTokenExpiresAt", pair.accessTokenExpiresAt)
            writer.member("refreshTokenExpiresAt", pair.refreshTokenExpiresAt)
            writer.member("tokenType", "Bearer")
        }
    }
}
