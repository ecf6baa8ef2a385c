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
        let now = UInt64(max(0, clock.now().milliseconds)) & 0xFFFF_FFFF_FFFF
        let random = try Random.bytes(10)
        let value = state.withLock { state in
            if now > state.milliseconds {
                state.milliseconds = now
                state.high = UInt16(random[0]) << 8 | UInt16(random[1])
                state.low = random[2...].reduce(0) { $0 << 8 | UInt64($1) }
                // the topmost bit stays free, so that counting up within one millisecond never overflows
                state.high &= 0x7FFF
            } else {
                let (sum, carry) = state.low.addingReportingOverflow(1)
                state.low = sum
                if carry { state.high &+= 1 }
            }
            return state
        }
        return kind.rawValue + value.text
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
}
