import LatchkeyAuthority

/// `POST /v1/scopes/validate` and `POST /v1/authorize`.
struct ScopeBody: RequestBodyType {
    let scope: String
    let orgId: String?

    static let schema = Schema.body("OneScope", [.required("scope", .wantedScope), .optional("orgId", .organisationId)])
}

/// `POST /v1/scopes/check`.
struct ScopeCheckBody: RequestBodyType {
    let identityId: String
    let scope: String
    let orgId: String?

    static let schema = Schema.body(
        "CheckScope",
        [.required("identityId", .id(.identity)), .required("scope", .wantedScope), .optional("orgId", .organisationId)])
}

/// `POST /v1/scopes/explain`.
struct ScopesBody: RequestBodyType {
    let scopes: [String]
    let orgId: String?

    static let schema = Schema.body(
        "SomeScopes",
        [.required("scopes", .wantedScopes().sampled(["relayauth:identity:read:*"])), .optional("orgId", .organisationId)])
}

/// `POST /v1/authorize/file`.
struct FileBody: RequestBodyType {
    let path: String
    let action: String
    let orgId: String?

    static let schema = Schema.body(
        "AuthorizeFile",
        [
            .required("path", .filePath.sampled("/docs/read me.txt").noted("May hold spaces and colons")),
            .required("action", .wantedAction.sampled("read")), .optional("orgId", .organisationId),
        ])
}

extension Schema {
    static let scopeParts = Schema.object(
        "ScopeParts",
        [
            .required("plane", .string().sampled("relayfile")), .required("resource", .string().sampled("fs")),
            .required("action", .string().sampled("read")), .required("path", .string().sampled("/docs/*")), .required("raw", .scope),
        ])

    static let scopeTemplates = Schema.object(
        "ScopeTemplates",
        [
            .required(
                "templates",
                .array(
                    of: .object(
                        "ScopeTemplate",
                        [
                            .required("name", .string().sampled("auditor")),
                            .required("description", .string().sampled("Reads the audit log.")),
                            .required("scopes", .scopes.sampled(["relayauth:audit:read:*"])),
                        ])))
        ])

    static let scopeVerdict = Schema.object(
        "ScopeVerdict",
        [
            .required("allowed", .boolean.sampled(true)), .optional("matchedScope", .scope),
            .optional("grantedVia", .cases(ScopeVerdict.Way.self)),
        ])

    static let scopeExplanation = Schema.object(
        "ScopeExplanation",
        [
            .required("scopes", .scopes),
            .required(
                "routes",
                .array(
                    of: .object(
                        "ExplainedRoute",
                        [
                            .required("method", .enumeration("GET", "POST", "PATCH", "DELETE")),
                            .required("path", .string().sampled("/v1/identities")),
                            .required("summary", .string().sampled("List the organisation's identities, newest first")),
                            .required("allowed", .boolean.sampled(true)), .required("required", .scopes),
                            .optional("missing", .scope.noted("The first scope that is not covered")),
                            .optional("needsIdentity", .boolean.noted("Of a route that scopes are not enough for: true")),
                        ]))),
        ])

    static let authorized = Schema.object(
        "Authorized", [.required("allowed", .boolean.sampled(true)), .required("matchedScope", .scope)])
}
