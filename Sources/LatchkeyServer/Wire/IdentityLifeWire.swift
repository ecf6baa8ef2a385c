import LatchkeyAuthority
import LatchkeyVerifier

/// `PATCH /v1/identities/{id}`.
struct IdentityChangeBody: RequestBodyType {
    var name: String?
    var type: String?
    var scopes: [String]?
    var roles: [String]?
    var metadata: [String: String]?
    var orgId: String?

    static let schema = Schema.body(
        "UpdateIdentity",
        [
            .optional("name", .displayText(1...100)), .optional("type", .cases(IdentityRecord.Kind.self)),
            .optional("scopes", .wantedScopes()), .optional("roles", .array(of: .displayText(1...100), count: 0...50)),
            .optional("metadata", .metadata.sampled(["team": "storage"])), .optional("orgId", .organisationId),
        ])

    static var whenAbsent: Self? { Self() }

    var change: IdentityChange {
        var change = IdentityChange()
        change.name = name
        change.type = type
        change.scopes = scopes
        change.roles = roles
        change.metadata = metadata
        return change
    }
}

/// `POST /v1/identities/{id}/suspend`.
struct SuspendBody: RequestBodyType {
    let reason: String
    let orgId: String?

    static let schema = Schema.body(
        "SuspendIdentity", [.required("reason", .displayText(1...500).sampled("laptop stolen")), .optional("orgId", .organisationId)])
}

/// `POST /v1/identities/{id}/retire`.
struct RetireBody: RequestBodyType {
    var reason: String?
    var orgId: String?

    static let schema = Schema.body(
        "RetireIdentity", [.optional("reason", .displayText(1...500).sampled("replaced")), .optional("orgId", .organisationId)])

    static var whenAbsent: Self? { Self() }
}

/// A body that says nothing but whose organisation is meant.
struct OrganisationOnlyBody: RequestBodyType {
    var orgId: String?

    static let schema = Schema.body("Nothing", [.optional("orgId", .organisationId)])

    static var whenAbsent: Self? { Self() }
}

/// `POST /v1/identities/{id}/sub-agents`.
struct SubAgentBody: RequestBodyType {
    let name: String
    let scopes: [String]?
    let metadata: [String: String]?
    let ttl: WireNumber?
    let orgId: String?

    static let schema = Schema.body(
        "CreateSubAgent",
        [
            .required("name", .displayText(1...100).sampled("deploy-bot-eu")), .optional("scopes", .wantedScopes()),
            .optional("metadata", .metadata),
            .optional("ttl", .integer(1...Int64.max).sampled(900).noted("Seconds of the access token; more than the greatest is clamped")),
            .optional("orgId", .organisationId),
        ])

    var request: SubAgentRequest {
        var request = SubAgentRequest(name: name)
        request.scopes = scopes
        request.metadata = metadata
        request.ttl = ttl?.value
        return request
    }
}

extension Schema {
    static let subAgent = Schema.object(
        "SubAgent",
        [
            .required("identity", .identity), .required("tokenPair", .tokenPair),
            .required("sponsorChain", .array(of: .string()).sampled(["ada@example.org", .subject(.identity)])),
        ])
}
