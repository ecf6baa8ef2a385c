package import LatchkeyVerifier

/// Why the wall clock can't be trusted.
package struct ClockProblem: Sendable, Equatable {
    package enum Kind: Sendable, Equatable {
        /// Behind the latest time that is known to have been.
        case behind
        /// It was set while the authority was running.
        case jumped
    }

    package let kind: Kind
    /// What the wall clock says.
    package let wall: Timestamp
    /// What it should say, or, when it is `behind`, the earliest that it can be.
    package let expected: Timestamp

    /// A sentence for the operator.
    package var sentence: String {
        switch kind {
        case .behind: "the clock says \(wall), but it has been \(expected) here already"
        case .jumped: "the clock says \(wall), but by the time that has gone by it is \(expected)"
        }
    }

    package static let advice =
        "set the host's clock right, and minting goes on by itself; if the clock is right as it is, say so with: latchkey clock accept"
}
