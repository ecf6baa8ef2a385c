import LatchkeyAuthority
import LatchkeyVerifier

/// `POST /v1/identities`.
struct IdentityBody: RequestBodyType {
    let name: String
    let sponsorId: String
    let type: String?
    let scopes: [String]?
    let roles: [String]?
    let metadata: [String: String]?
    let workspaceId: String?
    let orgId: String?

    static let schema = Schema.body(
        "CreateIdentity",
        [
            .required("name", .displayText(1...100).sampled("deploy-bot")),
            .required("sponsorId", .displayText(1...128).sampled("ada@example.org").noted("The accountable person")),
            .optional("type", .cases(IdentityRecord.Kind.self).sampled("service").noted("agent unless it is told")),
            .optional("scopes", .wantedScopes().sampled(["relayauth:identity:read:*"])),
            .optional("roles", .array(of: .displayText(1...100), count: 0...50).noted("Kept and returned; they grant nothing")),
            .optional("metadata", .metadata.sampled(["team": "platform"])),
            .optional("workspaceId", .displayText(1...128).noted("The organisation's id unless it is told")),
            .optional("orgId", .organisationId),
        ])

    var request: IdentityRequest {
        var request = IdentityRequest(name: name, sponsorId: sponsorId)
        request.type = type
        request.scopes = scopes
        request.roles = roles
        request.metadata = metadata
        request.workspaceId = workspaceId
        return request
    }
}

extension Schema {
    static let identity = Schema.object("Identity", identityMembers)

    /// The answer to what ends an identity's tokens.
    static let endedIdentity = Schema.object("EndedIdentity", identityMembers + [Reach.member])

    private static var identityMembers: [Property] {
        [
            .required("id", .id(.identity)), .required("name", .string(length: 1...100).sampled("deploy-bot")),
            .required("type", .cases(IdentityRecord.Kind.self)), .required("orgId", .organisationId.sampled(.subject(.organisation))),
            .required("workspaceId", .string().sampled(.subject(.organisation))), .required("status", .cases(IdentityRecord.Status.self)),
            .required("scopes", .scopes), .required("roles", .array(of: .string()).sampled([])),
            .required("metadata", .map(of: .string()).sampled(["team": "platform"])),
            .required("sponsorId", .string().sampled("ada@example.org")),
            .required("sponsorChain", .array(of: .string()).sampled(["ada@example.org", .subject(.identity)])),
            .required("createdAt", .timestamp), .required("updatedAt", .timestamp), .optional("lastActiveAt", .string(format: "date-time")),
            .optional("suspendedAt", .string(format: "date-time")),
            .optional("suspendReason", .string()),
        ]
    }
}

extension JSONWriter {
    mutating func identity(_ identity: Identity, stillAcceptedBy holders: [KeyHolder]? = nil) {
        let record = identity.record
        object { writer in
            writer.member("id", record.id)
            writer.member("name", record.name)
            writer.member("type", record.type.rawValue)
            writer.member("orgId", record.orgId)
            writer.member("workspaceId", record.workspaceId)
            writer.member("status", record.status.rawValue)
            writer.member("scopes", record.scopes)
            writer.member("roles", record.roles)
            writer.member("metadata", record.metadata)
            writer.member("sponsorId", record.sponsorId)
            writer.member("sponsorChain", record.sponsorChain)
            writer.member("createdAt", record.createdAt)
            writer.member("updatedAt", record.updatedAt)
            writer.member("lastActiveAt", ifPresent: identity.lastActiveAt)
            writer.member("suspendedAt", ifPresent: record.suspendedAt)
            writer.member("suspendReason", ifPresent: record.suspendReason)
            if let holders {
                writer.key("stillAcceptedBy")
                writer.holders(holders)
            }
        }
    }
}
