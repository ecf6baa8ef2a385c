import LatchkeyCrypto
package import LatchkeyVerifier
import Synchronization

/// Makes ids: a prefix that tells the kind, and a ULID (48 bits of milliseconds, 80 random bits, Crockford's base 32), so that ids sort by
/// the time of their making. Two ids of one millisecond, or of a clock that went back, still sort in the order of their making.
package final class IdentifierSource: Sendable {
    package enum Kind: String, Sendable, CaseIterable {
        case install = "inst_"
        case organisation = "org_"
        case apiKey = "ak_"
        case identity = "agent_"
        case token = "tok_"
        case session = "sess_"
        case auditEntry = "audit_"
        case anchor = "anchor_"
    }

    private let clock: any WallClock
    private let state = Mutex(ULID())

    package init(clock: any WallClock) { self.clock = clock }

    package func make(_ kind: Kind) throws -> String {
        let now = Self.milliseconds(clock.now())
        let random = try Random.bytes(10)
        let value = state.withLock { state in
            if now > state.milliseconds {
                state.begin(now, random)
            } else {
                let (sum, carry) = state.low.addingReportingOverflow(1)
                state.low = sum
                if carry { state.high &+= 1 }
            }
            return state
        }
        return kind.rawValue + value.text
    }

    /// The millisecond of the newest id: no id that was made until now has a later one.
    var newest: Timestamp { Timestamp(milliseconds: Int64(state.withLock { $0.milliseconds })) }

    /// Parts all ids that were made from all that will be: what is made from here on has a later millisecond than the one that is returned,
    /// and nothing that was made before has.
    func part() throws -> Timestamp {
        let now = Self.milliseconds(clock.now())
        let random = try Random.bytes(10)
        return state.withLock { state in
            let edge = max(now, state.milliseconds)
            state.begin(edge + 1, random)
            return Timestamp(milliseconds: Int64(edge))
        }
    }

    /// What was made up to a moment was made before, by another run of the program: every id from here on is later.
    func begin(after moment: Timestamp) throws {
        let milliseconds = Self.milliseconds(moment)
        let random = try Random.bytes(10)
        state.withLock { state in if milliseconds >= state.milliseconds { state.begin(milliseconds + 1, random) } }
    }

    private static func milliseconds(_ moment: Timestamp) -> UInt64 { UInt64(max(0, moment.milliseconds)) & 0xFFFF_FFFF_FFFF }
}

extension ULID {
    /// A value of this millisecond.
    ///
    /// - Parameter random: 10 bytes.
    fileprivate mutating func begin(_ milliseconds: UInt64, _ random: [UInt8]) {
        self.milliseconds = milliseconds
        // The topmost bit stays free, so that counting up within one millisecond never overflows.
        high = (UInt16(random[0]) << 8 | UInt16(random[1])) & 0x7FFF
        low = random[2...].reduce(0) { $0 << 8 | UInt64($1) }
    }
}

/// Ids as they come from outside.
package enum Identifier {
    /// Whether `text` can be an id at all: its kind's prefix and 26 digits. What can't is "not found", before any look-up.
    package static func isPlausible(_ text: String, _ kind: IdentifierSource.Kind) -> Bool {
        let bytes = text.utf8
        guard bytes.count == kind.rawValue.utf8.count + 26, bytes.starts(with: kind.rawValue.utf8) else { return false }
        return bytes.dropFirst(kind.rawValue.utf8.count).allSatisfy { (48...57).contains($0) || (65...90).contains($0) }
    }

    /// The millisecond in which an id was made; `nil` for one that this program does not make.
    static func moment(of id: String, _ kind: IdentifierSource.Kind) -> Timestamp? {
        ULID(id: id, prefix: kind.rawValue).map { Timestamp(milliseconds: Int64($0.milliseconds)) }
    }
}
