import LatchkeyVerifier

/// What a key is in each part of its life, the planned part included.
struct LifeSpans {
    /// The stronger mark wins where a column covers several.
    enum Mark: Int, Comparable {
        case absent, standby, grace, published, signs, revoked

        static func < (a: Mark, b: Mark) -> Bool { a.rawValue < b.rawValue }
    }

    private struct Span {
        let mark: Mark
        let from: Timestamp
        /// The first moment after it.
        let to: Timestamp
    }

    private let spans: [Span]

    /// - Parameter end: where the plan ends.
    init(_ life: KeyTimeline.Life, now: Timestamp, plan: KeyTimeline.Plan, end: Timestamp) {
        let rotation = plan.rotation.map { max($0, now) }
        let isPlanned = life.status == "standby" || life.status == "active"
        let activated = life.activated ?? (life.status == "standby" ? rotation : nil)
        let deactivated = life.deactivated ?? (life.status == "active" ? rotation : nil)
        // A retired or revoked key that does not say when it left is not drawn beyond now.
        let left = life.left ?? (life.status == "revoked" ? life.deactivated ?? now : isPlanned || life.leaves != nil ? nil : now)
        let gone = left ?? life.leaves ?? deactivated.map { $0.adding(seconds: plan.graceAfterUse) } ?? end
        var spans = [Span(mark: .standby, from: life.published, to: min(activated ?? gone, gone))]
        spans.append(Span(mark: .published, from: life.published, to: life.published.adding(milliseconds: 1)))
        if let activated {
            // A planned signer signs to the end of the drawing and beyond.
            let signsUntil = deactivated ?? left ?? end
            spans.append(Span(mark: .signs, from: activated, to: min(signsUntil, left ?? signsUntil)))
            if let deactivated { spans.append(Span(mark: .grace, from: deactivated, to: gone)) }
        }
        if life.status == "revoked", let left { spans.append(Span(mark: .revoked, from: left, to: left.adding(milliseconds: 1))) }
        self.spans = spans.filter { $0.from < $0.to }
    }

    /// The strongest mark of those that hold at some moment from `from` until before `to`.
    func mark(from: Timestamp, to: Timestamp) -> Mark {
        spans.filter { $0.from < to && $0.to > from }.map(\.mark).max() ?? .absent
    }
}
