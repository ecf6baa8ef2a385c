import LatchkeyStore
import LatchkeyVerifier
import Synchronization

/// What a change revoked, for whoever wants to know who may not have heard of it: given to the change, and asked when that has returned.
package final class RevocationMarks: Sendable {
    /// What had been revoked before this change.
    struct Earlier: Sendable {
        /// When, at the latest.
        var at: Timestamp
        /// When the last token of it ends, at the latest.
        var until: Timestamp
    }

    private struct State {
        var before: UInt64 = 0
        var numbers: ClosedRange<UInt64>?
        var earlier: Earlier?
        var reachesIdentities = false
    }

    private let state = Mutex(State())

    package init() {}

    /// The numbers that were given; none when nothing was revoked.
    var numbers: ClosedRange<UInt64>? { state.withLock { $0.numbers } }
    var earlier: Earlier? { state.withLock { $0.earlier } }
    /// Whether identities are among what was revoked: then tokens of theirs that are on no record here are, too.
    var reachesIdentities: Bool { state.withLock { $0.reachesIdentities } }

    /// Also where a change is done over again.
    func begin(reachingIdentities: Bool = false, in transaction: borrowing WriteTransaction) throws {
        let last = try TrustNumber.revocation.last(in: transaction)
        state.withLock { $0 = State(before: last, reachesIdentities: reachingIdentities) }
    }

    func end(in transaction: borrowing WriteTransaction) throws {
        let last = try TrustNumber.revocation.last(in: transaction)
        state.withLock { state in if state.before < last { state.numbers = state.before + 1...last } }
    }

    /// Something that had been revoked before: its number is looked for, the newest first.
    ///
    /// - Parameter until: when its last token ends, at the latest.
    func find(
        _ kind: RevocationRow.Kind, _ id: String, at moment: Timestamp, until: Timestamp, in transaction: borrowing WriteTransaction
    ) throws {
        var found: UInt64?
        try transaction.scan(Tables.revocations, descending: true, limit: Self.mostLookedAt) { number, row in
            if row.kind == kind, row.id == id { found = number }
            return found == nil
        }
        if let found { state.withLock { $0.numbers = found...found } } else { noteEarlier(at: moment, until: until) }
    }

    /// Something that had been revoked before, under a number that is not known.
    func noteEarlier(at moment: Timestamp, until: Timestamp) {
        state.withLock { state in
            let known = state.earlier ?? Earlier(at: moment, until: until)
            state.earlier = Earlier(at: max(known.at, moment), until: max(known.until, until))
        }
    }

    /// As ``noteEarlier(at:until:)``, of an identity, whose tokens live for a day at most; of one that is gone nobody knows when.
    func noteEarlier(cutOffAt moment: Timestamp?, at now: Timestamp) {
        let moment = moment ?? now
        noteEarlier(at: moment, until: moment.adding(seconds: Authority.longestLife))
    }

    /// The writer waits for it.
    private static let mostLookedAt = 10_000
}
