/// Which way the operator wants a cutover to go.
enum CutoverDirection: Sendable {
    case forward, back, purge

    /// Where that leads from a phase; `nil` where it leads nowhere.
    func target(from phase: CutoverRecord.Phase) -> CutoverRecord.Phase? {
        switch (self, phase) {
        case (.forward, .legacy): .published
        case (.forward, .published): .cutover
        case (.forward, .cutover): .sunset
        case (.back, .published): .legacy
        case (.back, .cutover): .published
        case (.back, .sunset): .cutover
        case (.purge, .sunset): .purged
        default: nil
        }
    }

    /// Why it leads nowhere.
    func nowhere(from phase: CutoverRecord.Phase) -> String {
        switch (self, phase) {
        case (_, .purged): "the cutover is over: the legacy secret is destroyed"
        case (.forward, _): "the next step after \(phase.rawValue) destroys the legacy secret; take it with: latchkey cutover purge"
        case (.back, _): "there is nothing before the phase \(phase.rawValue)"
        case (.purge, _): "the cutover stands at \(phase.rawValue); the secret can be destroyed only after sunset has held"
        }
    }
}

/// One step of a cutover, and the gates before it.
struct CutoverMove: Sendable, Equatable {
    let from: CutoverRecord.Phase
    let to: CutoverRecord.Phase

    /// What is measured before this step. A step that has none can always be taken.
    func gates(_ facts: CutoverFacts) -> [CutoverGate] {
        switch (from, to) {
        case (.legacy, .published): [.probe(facts)]
        case (.published, .cutover): [.isPublic(facts), .verifiers(facts.record, accept: "RS256", isEmptyEnough: false)]
        case (.cutover, .sunset): [.unexpired(facts), .soak(facts)]
        case (.sunset, .purged): [.held(facts)]
        case (.cutover, .published): [.verifiers(facts.record, accept: "HS256", isEmptyEnough: true)]
        default: []
        }
    }
}
