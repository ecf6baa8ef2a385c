package import HTTPTypes
import LatchkeyAuthority

/// A refusal of the HTTP room itself: of the request's form, its credentials' form, or its door. Equal by code.
package struct APIError: Error, Sendable, Equatable {
    package let code: ErrorCode
    package let message: String
    package var field: String?
    package var headers: HTTPFields = [:]

    package var status: HTTPResponse.Status { code.status }

    init(_ code: ErrorCode, _ message: String, field: String? = nil, headers: HTTPFields = [:]) {
        self.code = code
        self.message = message
        self.field = field
        self.headers = headers
    }

    package static func == (a: Self, b: Self) -> Bool { a.code == b.code }
}

extension APIError {
    static let notFound = APIError(.notFound, "there is nothing at this path")
    static let missingAuthorization = APIError(
        .missingAuthorization, "this needs a credential: send x-api-key, or Authorization with an API key or a bearer token")
    static let invalidAuthorization = APIError(
        .invalidAuthorization, "the Authorization header can't be read: send \"Bearer\" with a token or \"ApiKey\" with an API key")
    static let peerNotAllowed = APIError(
        .peerNotAllowed, "this user may not use the admin socket: be root, the service's own user, or a member of its admin group")
    static let operatorOnly = APIError(
        .peerNotAllowed, "this is for the operator itself: leave the credential out on the admin socket")
    static let originNotAllowed = APIError(
        .originNotAllowed, "the admin socket answers no browser: requests with Origin or Referer are refused")
    static let bodyTooLarge = APIError(.bodyTooLarge, "a body has at most 64 KiB")
    static let bodyTimeout = APIError(.bodyTimeout, "the body took too long to arrive")
    static let invalidJSON = APIError(.invalidJSON, "the body must be a JSON object")
    static let internalError = APIError(.internalError, "something is wrong inside; the log has it under this request's id")

    static func methodNotAllowed(_ allow: String) -> APIError {
        APIError(.methodNotAllowed, "this path answers to \(allow) only", headers: [.allow: allow])
    }

    static func invalid(_ field: String, _ message: String) -> APIError { APIError(.invalidRequest, message, field: field) }

    static func missing(_ path: [any CodingKey]) -> APIError {
        let name = Self.name(path)
        return .invalid(name, "\(name) is missing")
    }

    static func wrongType(_ path: [any CodingKey]) -> APIError {
        let name = Self.name(path)
        return .invalid(name, "\(name) is of the wrong type or out of range")
    }

    /// The outermost member: that is what a client sent. Its name came from a declaration, or from a body's own map keys; those are cut.
    private static func name(_ path: [any CodingKey]) -> String { String(path.first?.stringValue.prefix(100) ?? "") }
}
