/// What holds for an organisation: its own word, within what the install allows.
package struct OrganisationRules: Sendable, Equatable {
    /// Seconds.
    package let maxTokenTTL: Int64
    /// Seconds.
    package let defaultTokenTTL: Int64
    /// Days; 0 for ever.
    package let auditRetentionDays: Int64

    package init(_ record: OrganisationRecord, _ settings: AuthoritySettings) {
        maxTokenTTL = min(record.maxTokenTTL ?? .max, settings.maxAccessTokenTTL)
        defaultTokenTTL = min(record.defaultTokenTTL ?? settings.accessTokenTTL, maxTokenTTL)
        let most = Int64(settings.auditRetentionDays)
        let own = record.auditRetentionDays ?? most
        auditRetentionDays = most == 0 ? own : own == 0 ? most : min(own, most)
    }
}

/// An organisation as people see it.
package struct Organisation: Sendable {
    package let record: OrganisationRecord
    package let rules: OrganisationRules
}

/// What a change of an organisation asks for.
package struct OrganisationChange: Sendable {
    package var name: String?
    /// Seconds.
    package var maxTokenTTL: Double?
    /// Seconds.
    package var defaultTokenTTL: Double?
    /// Days.
    package var auditRetentionDays: Double?

    package init() {}
}
