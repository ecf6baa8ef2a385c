package import LatchkeyVerifier

/// What the key ring is and does at a moment: who signs, what the JWKS shows, what is due and what comes next. A pure function of the
/// records, the timings and the moment; the daemon only executes it, and whoever asks gets the same answer.
package struct KeySchedule: Sendable {
    /// A change of the ring.
    package enum Step: Sendable, Equatable {
        /// The standby signs from now on, the key that signed goes into grace, a new standby is born.
        case rotate
        /// There is no standby: one is born.
        case beget
        /// A key has been in grace for long enough: it leaves the JWKS, its private half is destroyed.
        case retire(String)
    }

    package struct Due: Sendable, Equatable {
        package let step: Step
        package let at: Timestamp
    }

    /// Why a rotation that would be due waits.
    package enum Waiting: Sendable, Equatable {
        /// The standby is too young until then.
        case standby(until: Timestamp)
        /// A bundle that lacks the standby may be used until then.
        case bundles(until: Timestamp)
        /// A cutover stands where nothing rotates by plan.
        case cutover
    }

    /// The key that signs; none only in a ring that lost both keys to an emergency and could make no new ones.
    package let signer: SigningKeyRecord?
    package let standby: SigningKeyRecord?
    /// In the order of the JWKS: the signer, the standby, then keys that still verify, the youngest first.
    package let published: [SigningKeyRecord]
    /// Everything that will happen by itself, the soonest first. What is due has a moment that is not after now.
    package let ahead: [Due]
    /// Since when, or from when on, the signer has signed for long enough.
    package let rotationDueAt: Timestamp?
    /// When the standby has been seen by everybody who plays by the rules.
    package let standbyReadyAt: Timestamp?
    package let waitsFor: Waiting?
    /// Whether a cutover forbids rotation and import.
    package let isHeld: Bool

    /// - Parameter isHeld: whether a cutover forbids rotation by plan.
    package init(_ records: [SigningKeyRecord], _ timings: KeyTimings, at now: Timestamp, isHeld: Bool = false) {
        let signer = records.first { $0.state == .active }
        let standby = records.first { $0.state == .standby }
        let grace = records.filter { $0.state == .grace }
        self.isHeld = isHeld
        self.signer = signer
        self.standby = standby
        published =
            [signer, standby].compactMap(\.self)
            + grace.filter { now < $0.leaves(timings) }.sorted { ($0.createdAt, $0.kid) > ($1.createdAt, $1.kid) }
        let due = signer.map { ($0.activatedAt ?? $0.publishedAt).adding(seconds: timings.rotation) }
        rotationDueAt = due
        publishedUntil = grace.map { $0.leaves(timings) }.filter { now < $0 }.min()
        var ahead = grace.map { Due(step: .retire($0.kid), at: $0.leaves(timings)) }
        var waitsFor: Waiting?
        if let standby {
            let seen = max(standby.publishedAt.adding(seconds: timings.shortestStandby), standby.isKnown(timings))
            let bundles = standby.bundlesLackItUntil ?? seen
            standbyReadyAt = max(seen, bundles)
            if let due {
                if isHeld {
                    if due <= now { waitsFor = .cutover }
                } else {
                    let at = max(due, seen, bundles)
                    if due <= now, now < at { waitsFor = bundles > seen ? .bundles(until: bundles) : .standby(until: seen) }
                    ahead.append(Due(step: .rotate, at: at))
                }
            } else {
                // Nobody signs: who knows the standby early is better off than who gets no token.
                ahead.append(Due(step: .rotate, at: now))
            }
        } else {
            standbyReadyAt = nil
            ahead.append(Due(step: .beget, at: now))
        }
        self.ahead = ahead.sorted { $0.at < $1.at }
        self.waitsFor = waitsFor
    }

    /// What is to be done now.
    package func due(at now: Timestamp) -> [Step] { ahead.filter { $0.at <= now }.map(\.step) }

    /// The next moment at which something changes by itself.
    package var next: Due? { ahead.first }

    /// Until when the JWKS shows what ``published`` says: the next key leaves it then.
    let publishedUntil: Timestamp?
}

extension SigningKeyRecord {
    /// When every copy of the JWKS that is in use holds this key.
    package func isKnown(_ timings: KeyTimings) -> Timestamp { knownBy ?? publishedAt.adding(seconds: timings.jwksMaxAge) }

    /// When a key that has stopped to sign leaves the JWKS: after the grace, and never before the last token that it can have signed has
    /// ended, whatever the lives were configured to be then.
    package func leaves(_ timings: KeyTimings) -> Timestamp {
        if let leavesAt { return leavesAt }
        let longest = max(longestToken ?? 0, 0) + KeyTimings.skew
        return (deactivatedAt ?? publishedAt).adding(seconds: max(timings.graceAfterUse, longest))
    }
}
