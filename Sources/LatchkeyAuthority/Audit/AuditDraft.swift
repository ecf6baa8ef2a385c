/// What an audit entry says, before it has its place in the log.
struct AuditDraft {
    var action: AuditRecord.Action
    var result: AuditRecord.Result = .allowed
    var actor: String
    var organisation: String
    var identityId: String?
    var workspaceId: String?
    var plane: String?
    var resource: String?
    var metadata: [String: String] = [:]
    var origin = RequestOrigin()

    init(_ action: AuditRecord.Action, actor: String, organisation: String) {
        self.action = action
        self.actor = actor
        self.organisation = organisation
    }

    /// A change that a caller made in its organisation.
    init(_ action: AuditRecord.Action, by caller: Caller) {
        self.init(action, actor: caller.principal.label, organisation: caller.principal.organisation)
        plane = "relayauth"
        origin = caller.origin
    }
}
