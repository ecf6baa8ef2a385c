import LatchkeyAuthority
import LatchkeyVerifier

/// `POST /v1/admin/orgs`.
struct OrganisationBody: RequestBodyType {
    let name: String
    let orgId: String?

    static let schema = Schema.body(
        "CreateOrganisation", [.required("name", .displayText(1...100).sampled("acme")), .optional("orgId", .organisationId)])
}

/// `PATCH /v1/admin/org`.
struct OrganisationChangeBody: RequestBodyType {
    var name: String?
    var maxTokenTTL: WireNumber?
    var defaultTokenTTL: WireNumber?
    var auditRetentionDays: WireNumber?
    var orgId: String?

    static let schema = Schema.body(
        "UpdateOrganisation",
        [
            .optional("name", .displayText(1...100)),
            .optional("maxTokenTTL", .integer(1...86_400).sampled(7200).noted("Seconds that an access token lives at most")),
            .optional("defaultTokenTTL", .integer(1...86_400).sampled(3600).noted("Seconds of an access token that asks for none")),
            .optional("auditRetentionDays", .integer(0...36_500).noted("Days that entries of the audit log are kept; 0 for ever")),
            .optional("orgId", .organisationId),
        ])

    static var whenAbsent: Self? { Self() }

    var change: OrganisationChange {
        var change = OrganisationChange()
        change.name = name
        change.maxTokenTTL = maxTokenTTL?.value
        change.defaultTokenTTL = defaultTokenTTL?.value
        change.auditRetentionDays = auditRetentionDays?.value
        return change
    }
}

extension Schema {
    static let organisation = Schema.object(
        "Organisation",
        [
            .required("orgId", .id(.organisation)), .required("name", .string(length: 1...100).sampled("acme")),
            .required("maxTokenTTL", .integer(1...86_400).sampled(86_400)),
            .required("defaultTokenTTL", .integer(1...86_400).sampled(3600)),
            .required("auditRetentionDays", .integer(0...36_500)), .required("createdAt", .timestamp),
        ])
}

extension JSONWriter {
    mutating func organisation(_ organisation: Organisation) {
        object { writer in
            writer.member("orgId", organisation.record.id)
            writer.member("name", organisation.record.name)
            writer.member("maxTokenTTL", organisation.rules.maxTokenTTL)
            writer.member("defaultTokenTTL", organisation.rules.defaultTokenTTL)
            writer.member("auditRetentionDays", organisation.rules.auditRetentionDays)
            writer.member("createdAt", organisation.record.createdAt)
        }
    }
}
