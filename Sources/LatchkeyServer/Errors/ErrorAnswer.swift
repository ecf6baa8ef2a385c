import HTTPTypes
import LatchkeyAuthority
import LatchkeyStore
import LatchkeyVerifier
import NIOCore

/// The one place that makes an error's answer (contract §1): one JSON shape, and the headers that its status asks for.
enum ErrorAnswer {
    /// Where an error's `type` URI lives. It names the error; nothing has to answer there (RFC 9457 §3.1.1).
    static let types = "https://latchkey.example/errors/"

    /// Seconds after which trying again makes sense when the store or the signer is out.
    private static let retryAfter = "5"

    static func make(_ error: APIError, requestId: String) -> Answer {
        answer(error.code, message: error.message, headers: error.headers, requestId: requestId) { writer in
            writer.member("field", ifPresent: error.field)
        }
    }

    static func make(_ error: AuthorityError, requestId: String) -> Answer {
        var headers: HTTPFields = [:]
        if let limit = error.limit {
            headers[.retryAfter] = String(limit.retrySeconds)
            headers[.rateLimit] = String(limit.limit)
            headers[.rateLimitRemaining] = String(limit.remaining)
            headers[.rateLimitReset] = String(limit.resetSeconds)
        }
        return answer(ErrorCode(error.code), message: error.message, headers: headers, requestId: requestId) { writer in
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
        _ code: ErrorCode, message: String, headers: HTTPFields, requestId: String, members: (inout JSONWriter) -> Void
    ) -> Answer {
        var headers = headers
        if code.status == .unauthorized { headers[.wwwAuthenticate] = challenge(code) }
        if code.status == .serviceUnavailable { headers[.retryAfter] = retryAfter }
        return .json(code.status, headers: headers) { writer in
            writer.object { writer in
                writer.member("error", code.rawValue)
                writer.member("code", code.rawValue)
                writer.member("message", message)
                writer.member("title", code.title)
                writer.member("type", types + code.rawValue)
                writer.member("status", Int64(code.status.code))
                writer.member("requestId", requestId)
                members(&writer)
            }
        }
    }

    /// RFC 6750 §3: a request without credentials gets no error code in its challenge.
    private static func challenge(_ code: ErrorCode) -> String {
        switch code {
        case .missingAuthorization: "Bearer realm=\"latchkey\""
        case .invalidAuthorization: "Bearer realm=\"latchkey\", error=\"invalid_request\""
        default: "Bearer realm=\"latchkey\", error=\"invalid_token\""
        }
    }
}
