import LatchkeyStore
import LatchkeyVerifier

extension Authority {
    /// Takes the next step of the cutover, when its gates let it pass.
    ///
    /// The step to `published` is undone when a fetch right after it does not show the RSA key.
    ///
    /// - Parameter fetchJWKS: fetches the JWKS as others do, through the listener.
    /// - Throws: `invalid_request` (to, override), `cutover_gate_refused` with the sentences of those that refused, `clock_unreliable`,
    ///   `signing_unavailable`, `storage_unavailable`.
    package func advanceCutover(
        _ request: CutoverStepRequest, by caller: Caller, fetchJWKS: @Sendable () async throws -> [UInt8]
    ) async throws -> CutoverStep {
        var step = try await take(.forward, request, by: caller)
        guard step.from == .legacy, step.to == .published else { return step }
        let fetched = await Self.fetched(fetchJWKS)
        let gate: CutoverGate
        if step.done {
            seams.afterStep("cutover: published, not proven")
            gate = try await prove(fetched, by: caller)
        } else {
            gate = .fetch(fetched, kid: keys.ring.active?.kid)
        }
        step.gates.append(gate)
        return step
    }

    /// Takes the cutover one phase back. One commit; it counts from the next request on.
    ///
    /// - Throws: as ``advanceCutover(_:by:fetchJWKS:)``.
    package func rollBackCutover(_ request: CutoverStepRequest, by caller: Caller) async throws -> CutoverStep {
        try await take(.back, request, by: caller)
    }

    /// Destroys the legacy secret: the end of a cutover, from which nothing leads back.
    ///
    /// - Throws: as ``advanceCutover(_:by:fetchJWKS:)``.
    package func purgeCutover(_ request: CutoverStepRequest, by caller: Caller) async throws -> CutoverStep {
        try await take(.purge, request, by: caller)
    }

    private func take(_ direction: CutoverDirection, _ request: CutoverStepRequest, by caller: Caller) async throws -> CutoverStep {
        let wanted = try request.phase
        let reason = try request.override.map { try DisplayText.normalised($0, field: "override", scalars: 1...500) }
        try caller.requireOwn()
        await flushLegacyUses()
        let probe = probeActiveKey()
        let now = clock.now()
        let planned = try read { try plan(direction, to: wanted, probe, reason, in: $0) }
        guard !request.dryRun, planned.move != nil else { return planned.step(isDone: false) }
        let step = try await write(.essential) { [self] transaction in
            try Self.requireLive(caller.principal, at: now, in: transaction)
            let plan = try plan(direction, to: wanted, probe, reason, in: transaction)
            guard let move = plan.move else { return plan.step(isDone: false) }
            // Several requests at once, each without a word on which phase is meant, take one step and not several.
            guard plan.record.phase == planned.record.phase else {
                throw AuthorityError(
                    .cutoverGateRefused,
                    "the cutover went on to \(plan.record.phase.rawValue) meanwhile; look at it again, and say with `to` which phase is meant"
                )
            }
            try plan.requirePassed()
            try requireReady(for: move, plan.record, probe, in: transaction)
            var record = plan.record
            record.phase = move.to
            record.phaseSince = plan.now
            record.steps = (record.steps ?? 0) + 1
            if move.to == .legacy { record.publicSince = nil }
            if move.to == .purged { record.sealedSecret = nil }
            try transaction.put(Tables.cutover, CutoverRecord.key, record)
            try putSigner(in: transaction)
            try self.record(plan.draft(direction, by: caller), in: transaction)
            return plan.step(isDone: true)
        }
        if step.done {
            seams.afterStep("cutover: committed")
            try reloadKeys()
        }
        return step
    }

    /// What a step would be, decided on what this transaction sees.
    ///
    /// - Throws: `invalid_request` (to), `cutover_gate_refused` where there is no such step, `clock_unreliable`.
    private func plan(
        _ direction: CutoverDirection, to wanted: CutoverRecord.Phase?, _ probe: CutoverProbe, _ reason: String?,
        in transaction: borrowing some StoreReads & ~Copyable
    ) throws -> CutoverPlan {
        guard let record = try transaction.get(Tables.cutover, CutoverRecord.key) else { throw AuthorityError.noCutover }
        let now = clock.now()
        if wanted == record.phase || (direction == .purge && record.phase == .purged) {
            return CutoverPlan(record: record, move: nil, gates: [], reason: nil, now: now)
        }
        guard let target = direction.target(from: record.phase) else {
            throw AuthorityError.gateRefused([direction.nowhere(from: record.phase)])
        }
        if let wanted, wanted != target {
            throw AuthorityError.invalid(
                "to", "the cutover stands at \(record.phase.rawValue); from there the next step leads to \(target.rawValue)")
        }
        try requireClock()
        let move = CutoverMove(from: record.phase, to: target)
        return CutoverPlan(
            record: record, move: move, gates: move.gates(try cutoverFacts(record, probe, in: transaction)), reason: reason, now: now)
    }

    /// No step leaves tokens without a key that signs them, or without the one that verifies them.
    private func requireReady(
        for move: CutoverMove, _ record: CutoverRecord, _ probe: CutoverProbe, in transaction: borrowing WriteTransaction
    ) throws {
        if move.to.verifiesLegacy {
            guard let seal = try currentSeal(in: transaction), (try? record.legacyKey(by: seal)) != nil else { throw SignerProblem.told }
        }
        if move.from.signsLegacy, !move.to.signsLegacy, probe.problem != nil { throw SignerProblem.told }
    }
}
