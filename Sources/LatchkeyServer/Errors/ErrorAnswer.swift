import HTTPTypes
import LatchkeyAuthority
import LatchkeyStore
import LatchkeyVerifier
import NIOCore

/// The one place that makes an error's answer (contract §1): one JSON shape, and the headers that its status asks for.
enum ErrorAnswer {
    /// Where an error's `type` URI lives. It names the error; nothing has to answer there (RFC 9457 §3.1.1).
    private static let types = "https://latchkey.example/errors/"

    /// Seconds after which trying again makes sense when the store or the signer is out.
    private static let retryAfter = "5"

    static func make(_ error: APIError, requestId: String) -> Answer {
        var headers = error.headers
        if error.status == .unauthorized { headers[.wwwAuthenticate] = challenge(error.code) }
        return answer(error.status, code: error.code, message: error.message, headers: headers, requestId: requestId) { writer in
            writer.member("field", ifPresent: error.field)
        }
    }

    static func make(_ error: AuthorityError, requestId: String) -> Answer {
        let status = status(of: error.code)
        var headers: HTTPFields = [:]
        if status == .unauthorized { headers[.wwwAuthenticate] = challenge(error.code.rawValue) }
        if status == .serviceUnavailable { headers[.retryAfter] = retryAfter }
        if let limit = error.limit {
            headers[.retryAfter] = String(limit.retrySeconds)
            headers[.rateLimit] = String(limit.limit)
            headers[.rateLimitRemaining] = String(limit.remaining)
            headers[.rateLimitReset] = String(limit.resetSeconds)
        }
        return answer(status, code: error.code.rawValue, message: error.message, headers: headers, requestId: requestId) { writer in
            for (name, value) in error.details {
                writer.key(escaping: name)
                switch value {
                case .text(let text): writer.string(text)
                case .list(let texts): writer.array { for text in texts { $0.string(text) } }
                }
            }
        }
    }

    private static func answer(
        _ status: HTTPResponse.Status, code: String, message: String, headers: HTTPFields, requestId: String,
        members: (inout JSONWriter) -> Void
    ) -> Answer {
        .json(status, headers: headers) { writer in
            writer.object { writer in
                writer.member("error", code)
                writer.member("code", code)
                writer.member("message", message)
                writer.member("title", title(code))
                writer.member("type", types + code)
                writer.member("status", Int64(status.code))
                writer.member("requestId", requestId)
                members(&writer)
            }
        }
    }

    /// The code as words: `insufficient_scope` is "Insufficient scope".
    private static func title(_ code: String) -> String {
        let words = code.split(separator: "_").map { $0 == "api" ? "API" : $0 == "json" ? "JSON" : String($0) }
        guard let first = words.first else { return code }
        return ([first.prefix(1).uppercased() + first.dropFirst()] + words.dropFirst()).joined(separator: " ")
    }

    /// RFC 6750 §3: a request without credentials gets no error code in its challenge.
    private static func challenge(_ code: String) -> String {
        switch code {
        case "missing_authorization": "Bearer realm=\"latchkey\""
        case "invalid_authorization": "Bearer realm=\"latchkey\", error=\"invalid_request\""
        default: "Bearer realm=\"latchkey\", error=\"invalid_token\""
        }
    }

    private static func status(of code: AuthorityError.Code) -> HTTPResponse.Status {
        switch code {
        case .invalidRequest, .invalidScope: .badRequest
        case .invalidAPIKey, .invalidToken, .tokenExpired, .tokenRevoked, .invalidRefreshToken: .unauthorized
        case .organisationMismatch, .identitySuspended, .identityRetired, .insufficientScope, .scopeEscalation: .forbidden
        case .organisationNotFound, .apiKeyNotFound, .identityNotFound, .tokenNotFound, .auditEntryNotFound: .notFound
        case .identityAlreadyExists, .identityNotActive, .identityNotReactivatable, .sponsorChainTooLong: .conflict
        case .rateLimited, .tooManySubscribers: .tooManyRequests
        case .storageUnavailable, .signingUnavailable: .serviceUnavailable
        }
    }
}
