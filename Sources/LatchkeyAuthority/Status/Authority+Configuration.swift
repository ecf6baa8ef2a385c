import LatchkeyStore

extension Authority {
    /// Writes into the audit log that the daemon goes on with something else than it was started with. Nobody's request does that: whoever
    /// changed a file, or sent a signal, is known to the host alone.
    ///
    /// - Parameters:
    ///   - what: what was changed, such as `tls-certificate`.
    ///   - facts: how it was and is. The log is read by others than the operator: no path and no secret is among them.
    /// - Throws: `storage_unavailable`; then the log doesn't say it.
    package func noteChange(of what: String, _ facts: [String: String]) async throws {
        try await write(.essential) { [self] transaction in
            var draft = AuditDraft(.configurationChanged, actor: "system", organisation: firstOrganisation)
            draft.plane = "relayauth"
            draft.resource = what
            draft.metadata = facts
            try record(draft, in: transaction)
        }
    }
}
