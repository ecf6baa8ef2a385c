import LatchkeyVerifier

/// A step that was asked for, and what was measured for it.
struct CutoverPlan: Sendable {
    let record: CutoverRecord
    /// `nil` when the cutover stands where it was asked to go.
    let move: CutoverMove?
    let gates: [CutoverGate]
    /// The operator's reason to pass gates that refuse.
    let reason: String?
    let now: Timestamp

    private var refusing: [CutoverGate] { gates.filter { !$0.passed } }

    /// - Throws: `cutover_gate_refused` unless every gate has passed, or can be overridden and is.
    func requirePassed() throws(AuthorityError) {
        let stopping = refusing.filter { reason == nil || !$0.overridable }
        guard stopping.isEmpty else { throw AuthorityError.gateRefused(stopping.map { "\($0.name): \($0.detail)" }) }
    }

    func step(isDone: Bool) -> CutoverStep {
        CutoverStep(
            from: record.phase, to: move?.to ?? record.phase, done: isDone, gates: gates,
            overridden: isDone && !refusing.isEmpty ? reason : nil)
    }

    /// The entry of the log: what was measured, and whose word took whose place.
    func draft(_ direction: CutoverDirection, by caller: Caller) -> AuditDraft {
        let action: AuditRecord.Action =
            switch direction {
            case .forward: .cutoverAdvanced
            case .back: .cutoverRolledBack
            case .purge: .cutoverPurged
            }
        var draft = AuditDraft(action, by: caller)
        draft.resource = "cutover"
        draft.metadata = ["from": record.phase.rawValue, "to": (move?.to ?? record.phase).rawValue]
        for gate in gates { draft.metadata["gate.\(gate.name)"] = "\(gate.passed ? "passed" : "refused"): \(gate.detail)" }
        if !refusing.isEmpty { draft.metadata["override"] = reason }
        return draft
    }
}

extension CutoverStepRequest {
    /// - Throws: `invalid_request` (to) for a word that is no phase.
    var phase: CutoverRecord.Phase? {
        get throws(AuthorityError) {
            guard let to else { return nil }
            guard let phase = CutoverRecord.Phase(rawValue: to) else {
                throw .invalid("to", "to must be one of \(CutoverRecord.Phase.allCases.map(\.rawValue).joined(separator: ", "))")
            }
            return phase
        }
    }
}

extension AuthorityError {
    static let noCutover = gateRefused([
        "there is no cutover here: it begins with latchkey cutover import-secret, on an install that brings a legacy secret"
    ])

    static let cutoverExists = Self(
        .cutoverInProgress, "this install has had its legacy secret: a cutover is made once; latchkey cutover status shows where it stands")

    static let cutoverBegun = Self(
        .cutoverInProgress,
        "there is a legacy secret already; if it was a mistake, replace it before the first step is taken: "
            + "latchkey cutover import-secret --replace")

    /// - Parameter sentences: of the gates that refused.
    static func gateRefused(_ sentences: [String]) -> Self {
        Self(.cutoverGateRefused, sentences.joined(separator: "; "), details: [("gates", .list(sentences))])
    }
}
