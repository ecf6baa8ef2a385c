import HTTPTypes

/// The one form of every error (contract §1).
enum ErrorSchema {
    static let whole = Schema.object(
        "Error",
        [
            .required("error", .string()), .required("code", .string()),
            .required("message", .string().noted("What is wrong and what to do")),
            .required("title", .string()), .required("type", .string(format: "uri")), .required("status", .integer(400...599)),
            .required("requestId", .string(length: 1...128)),
            .optional("field", .string().noted("What the error is about: a member, a parameter or a header")),
            .optional("scope", .string()), .optional("reason", .string()), .optional("required", .string()),
            .optional("actual", .array(of: .string())), .optional("identityId", .string()),
            .optional("readyAt", .timestamp.noted("When the standby may sign")),
            .optional("gates", .array(of: .string()).noted("The gates that refused, a sentence each")),
        ])

    /// The answer with which all of some codes of one status come.
    static func response(_ codes: [ErrorCode]) -> JSONNode {
        let status = codes[0].status
        let words = Schema.enumeration(codes.map(\.rawValue))
        let narrowed = Schema.object([.required("error", words), .required("code", words)])
        return .members([
            ("description", .string(codes.map { "`\($0.rawValue)`: \($0.meaning)" }.joined(separator: "\n\n"))),
            ("headers", headers([.always(.requestId)] + headers(of: status, codes))),
            ("content", ["application/json": ["schema": ["allOf": [whole.json, narrowed.json]], "example": example(codes[0])]]),
        ])
    }

    static func headers(_ headers: [RouteAnswer.Header]) -> JSONNode {
        .members(
            headers.map { header in
                (header.name.rawName, .members([("required", .bool(header.isRequired)), ("schema", header.schema.json)]))
            })
    }

    private static func headers(of status: HTTPResponse.Status, _ codes: [ErrorCode]) -> [RouteAnswer.Header] {
        switch status {
        case .unauthorized: [.always(.wwwAuthenticate)]
        case .methodNotAllowed: [.always(.allow)]
        case .serviceUnavailable: [.always(.retryAfter, .integer(0...Int64.max))]
        case .tooManyRequests where codes.contains(.rateLimited):
            [HTTPField.Name.retryAfter, .rateLimit, .rateLimitRemaining, .rateLimitReset].map {
                RouteAnswer.Header(name: $0, schema: .integer(0...Int64.max), isRequired: codes == [.rateLimited])
            }
        default: []
        }
    }

    private static func example(_ code: ErrorCode) -> JSONNode {
        .members([
            ("error", .string(code.rawValue)), ("code", .string(code.rawValue)), ("message", .string(code.meaning)),
            ("title", .string(code.title)), ("type", .string(ErrorAnswer.types + code.rawValue)),
            ("status", .integer(Int64(code.status.code))), ("requestId", "aWcL0pQ3-17"),
        ])
    }
}
