import LatchkeyVerifier

/// Something that has just happened, told to whoever watches. Nothing is kept of it: what must be found again is in the audit log.
package struct AuthorityEvent: Sendable {
    /// What can be watched beside the actions of the audit log.
    package enum Check: String, Sendable, CaseIterable {
        case tokenVerified = "token.verified"
        case tokenInvalid = "token.invalid"
        case scopeCheck = "scope.check"
        /// An API key ends soon.
        case apiKeyExpiring = "api_key.expiring"
    }

    /// Every type of event: the checks, and all that the audit log knows.
    package static let types = Check.allCases.map(\.rawValue) + AuditRecord.Action.allCases.map(\.rawValue)

    package let type: String
    /// The id of the audit entry that says the same, when there is one already.
    package let entryId: String?
    /// The organisation that the event belongs to, told by a verified credential; none when nobody was told.
    let organisation: String?
    /// One JSON object on one line.
    package let json: [UInt8]
}

/// An event before it is told.
struct EventDraft: Sendable {
    var type: String
    var result: AuditRecord.Result
    var actor: String
    var organisation: String?
    /// What a person calls the subject.
    var name: String?
    var identityId: String?
    /// The scope that was asked for.
    var scope: String?
    var missing: [String] = []
    var matchedScope: String?
    var plane: String?
    var resource: String?
    var message: String?
    /// The type of another event that says the same.
    var via: String?
    var metadata: [String: String] = [:]
    var requestId: String?
    var entryId: String?

    init(_ type: AuthorityEvent.Check, _ result: AuditRecord.Result, actor: String, organisation: String?) {
        self.type = type.rawValue
        self.result = result
        self.actor = actor
        self.organisation = organisation
    }

    /// What the audit log has just taken in.
    init(_ entry: AuditRecord) {
        type = entry.action.rawValue
        result = entry.result
        actor = entry.actor
        organisation = entry.orgId.isEmpty ? nil : entry.orgId
        name = entry.metadata["name"]
        identityId = entry.identityId
        plane = entry.plane
        resource = entry.resource
        metadata = entry.metadata
        requestId = entry.requestId.isEmpty ? nil : entry.requestId
        entryId = entry.id
    }

    /// A denial, told at once; the audit log gets it within a summary.
    init(_ action: AuditRecord.Action, denied actor: String, organisation: String?) {
        type = action.rawValue
        result = .denied
        self.actor = actor
        self.organisation = organisation
    }

    func event(at now: Timestamp) -> AuthorityEvent {
        var writer = JSONWriter(capacity: 512)
        writer.object { writer in
            writer.member("type", type)
            writer.member("timestamp", now)
            writer.member("result", result.rawValue)
            writer.member("actor", actor)
            writer.member("name", ifPresent: name)
            writer.member("orgId", ifPresent: organisation)
            writer.member("identityId", ifPresent: identityId)
            writer.member("scope", ifPresent: scope)
            if !missing.isEmpty { writer.member("missing", missing) }
            writer.member("matchedScope", ifPresent: matchedScope)
            writer.member("plane", ifPresent: plane)
            writer.member("resource", ifPresent: resource)
            writer.member("message", ifPresent: message)
            writer.member("via", ifPresent: via)
            if !metadata.isEmpty { writer.member("metadata", metadata) }
            writer.member("requestId", ifPresent: requestId)
        }
        return AuthorityEvent(type: type, entryId: entryId, organisation: organisation, json: writer.bytes)
    }
}
