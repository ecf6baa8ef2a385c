import LatchkeyVerifier
import Synchronization

/// Counts denials in memory until they are written, so that nobody who is refused can make the disk work. Bounded: what does not fit is
/// counted under one heading.
final class DenialLog: Sendable {
    struct Subject: Hashable, Sendable {
        /// The client's address; none on the admin socket.
        let source: String?
        let action: AuditRecord.Action
        let reason: String
        /// A label or a key's prefix, when one is known.
        let subject: String?
        /// None when nobody could be told.
        let organisation: String?
        /// The identity that was refused, when there is one.
        var identityId: String?
        /// The plane and resource that were asked for, when scopes were the reason.
        var plane: String?
        var resource: String?
    }

    struct Summary: Sendable {
        let subject: Subject
        var count: Int
        let first: Timestamp
        var last: Timestamp
    }

    /// Distinct subjects of one organisation, or of none, that are kept apart between two writings. What is beyond is counted under one
    /// heading of that organisation: nobody can crowd out what another organisation has to know.
    static let mostOfOne = 256
    /// Distinct subjects of the whole install.
    static let most = 8192
    /// Seconds between the first denial of a subject and the entry that tells of it, and so between two entries of one subject.
    static let interval: Int64 = 60

    private struct State {
        var summaries: [Subject: Summary] = [:]
        /// How many of them each organisation has; "" is none.
        var counts: [String: Int] = [:]

        /// The heading under which a subject is counted: its own while there is room.
        func heading(_ subject: Subject) -> Subject {
            guard summaries[subject] == nil else { return subject }
            let isFull = summaries.count >= DenialLog.most || counts[subject.organisation ?? "", default: 0] >= DenialLog.mostOfOne
            return isFull ? subject.withoutDetail : subject
        }

        mutating func add(_ summary: Summary) {
            let heading = heading(summary.subject)
            if let known = summaries[heading] {
                summaries[heading] = Summary(
                    subject: heading, count: known.count + summary.count, first: min(known.first, summary.first),
                    last: max(known.last, summary.last))
            } else {
                summaries[heading] = Summary(subject: heading, count: summary.count, first: summary.first, last: summary.last)
                counts[heading.organisation ?? "", default: 0] += 1
            }
        }

        mutating func remove(_ subject: Subject) {
            guard summaries.removeValue(forKey: subject) != nil else { return }
            let organisation = subject.organisation ?? ""
            counts[organisation] = counts[organisation].flatMap { $0 > 1 ? $0 - 1 : nil }
        }
    }

    private let pending = Mutex(State())

    func note(_ subject: Subject, at now: Timestamp) {
        pending.withLock { $0.add(Summary(subject: subject, count: 1, first: now, last: now)) }
    }

    /// Takes out what is due; everything, when the process ends.
    func take(at now: Timestamp, all: Bool) -> [Summary] {
        pending.withLock { pending in
            let due = pending.summaries.values.filter { all || now >= $0.first.adding(seconds: Self.interval) || now < $0.first }
            for summary in due { pending.remove(summary.subject) }
            return due.sorted { $0.first < $1.first }
        }
    }

    /// Puts back what could not be written.
    func giveBack(_ summaries: [Summary]) {
        pending.withLock { pending in for summary in summaries { pending.add(summary) } }
    }
}

extension DenialLog.Subject {
    /// The heading for what can't be told apart any more.
    fileprivate var withoutDetail: Self {
        Self(
            source: nil, action: action, reason: "too many different denials to tell apart", subject: nil, organisation: organisation)
    }
}
