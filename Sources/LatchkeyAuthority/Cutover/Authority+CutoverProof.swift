import LatchkeyStore
import LatchkeyVerifier

/// The second half of the step to `published`: the JWKS is seen from outside, or the step never happened.
extension Authority {
    static func fetched(_ fetchJWKS: @Sendable () async throws -> [UInt8]) async -> Result<KeySet, any Error> {
        do {
            return .success(try KeySet(jwks: try await fetchJWKS()))
        } catch {
            return .failure(error)
        }
    }

    /// Notes since when the JWKS is public, or undoes the step.
    ///
    /// - Throws: `cutover_gate_refused` when it was undone, `storage_unavailable`. Then the cutover stands at `published` unproven, goes no
    ///   further, and the next start undoes it.
    func prove(_ fetched: Result<KeySet, any Error>, by caller: Caller) async throws -> CutoverGate {
        let gate = try await write(.essential) { [self] transaction in
            let active = try Self.signingKeys(in: transaction).first { $0.state == .active }
            let gate = CutoverGate.fetch(fetched, kid: active?.kid)
            guard var record = try transaction.get(Tables.cutover, CutoverRecord.key), record.isUnproven else { return gate }
            if gate.passed {
                record.publicSince = clock.now()
                try transaction.put(Tables.cutover, CutoverRecord.key, record)
            } else {
                try transaction.put(Tables.cutover, CutoverRecord.key, record.withdrawn(at: clock.now()))
                try putSigner(in: transaction)
                try self.record(Self.withdrawal(AuditDraft(.cutoverRolledBack, by: caller), gate.detail), in: transaction)
            }
            return gate
        }
        seams.afterStep("cutover: proof committed")
        try reloadKeys()
        guard gate.passed else { throw AuthorityError.gateRefused(["\(gate.name): \(gate.detail); the step was undone"]) }
        return gate
    }

    /// A start that finds the JWKS announced and never seen from outside takes the announcement back: whoever was to look was killed.
    static func withdrawUnproven(_ store: Store, organisation: String, at now: Timestamp) throws {
        guard let record = try store.read({ try $0.get(Tables.cutover, CutoverRecord.key) }), record.isUnproven else { return }
        let draft = withdrawal(
            AuditDraft(.cutoverRolledBack, actor: "system", organisation: organisation),
            "the authority was stopped before a fetch had shown the RSA key")
        // On a disk that is full it stands as it is: it goes no further, and the next start tries again.
        try? store.writeAndWait(.essential) { transaction in
            try transaction.put(Tables.cutover, CutoverRecord.key, record.withdrawn(at: now))
            try append(draft, at: now, in: transaction)
        }
    }

    private static func withdrawal(_ draft: AuditDraft, _ reason: String) -> AuditDraft {
        var draft = draft
        draft.plane = "relayauth"
        draft.resource = "cutover"
        draft.metadata = [
            "from": CutoverRecord.Phase.published.rawValue, "to": CutoverRecord.Phase.legacy.rawValue, "reason": reason,
        ]
        return draft
    }
}

extension CutoverRecord {
    /// Whether the JWKS was announced and no fetch has shown it yet.
    fileprivate var isUnproven: Bool { phase == .published && publicSince == nil }

    fileprivate func withdrawn(at now: Timestamp) -> CutoverRecord {
        var record = self
        record.phase = .legacy
        record.phaseSince = now
        record.steps = steps.map { $0 - 1 }
        return record
    }
}
