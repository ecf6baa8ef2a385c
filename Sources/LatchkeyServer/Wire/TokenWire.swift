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
}

/// `POST /v1/tokens/refresh`.
struct RefreshBody: RequestBodyType {
    let refreshToken: String

    /// Nobody calls here whose organisation could be meant.
    var orgId: String? { nil }
}

/// `POST /v1/tokens/revoke`: exactly one of the three.
struct RevokeTokenBody: RequestBodyType {
    let tokenId: String?
    let identityId: String?
    let sessionId: String?
    let orgId: String?

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
}

extension Answer {
    /// A token pair, in the same bytes whenever it is given.
    static func pair(_ pair: TokenPair, status: HTTPResponse.Status) -> Answer {
        .secretJSON(status, capacity: pair.accessToken.count + 512) { writer in
            writer.object { writer in
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
}
