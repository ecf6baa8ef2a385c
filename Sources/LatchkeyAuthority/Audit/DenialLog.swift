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

    /// Distinct subjects that are kept apart between two writings.
    static let most = 1024
    /// Seconds between the first denial of a subject and the entry that tells of it, and so between two entries of one subject.
    static let interval: Int64 = 60

    private let pending = Mutex<[Subject: Summary]>([:])

    func note(_ subject: Subject, at now: Timestamp) {
        pending.withLock { pending in
            var subject = subject
            if pending[subject] == nil, pending.count >= Self.most {
                subject = Subject(
                    source: nil, action: subject.action, reason: "too many different denials to tell apart", subject: nil, organisation: nil
                )
            }
            pending[subject, default: Summary(subject: subject, count: 0, first: now, last: now)].count += 1
            pending[subject]?.last = now
        }
    }

    /// Takes out what is due; everything, when the process ends.
    func take(at now: Timestamp, all: Bool) -> [Summary] {
        pending.withLock { pending in
            let due = pending.values.filter { all || now >= $0.first.adding(seconds: Self.interval) || now < $0.first }
            for summary in due { pending[summary.subject] = nil }
            return due.sorted { $0.first < $1.first }
        }
    }

    /// Puts back what could not be written.
    func giveBack(_ summaries: [Summary]) {
        pending.withLock { pending in
            for summary in summaries {
                if let newer = pending[summary.subject] {
                    pending[summary.subject] = Summary(
                        subject: summary.subject, count: summary.count + newer.count, first: summary.first, last: newer.last)
                } else if pending.count < Self.most {
                    pending[summary.subject] = summary
                }
            }
        }
    }
}
