import LatchkeyAuthority
import LatchkeyVerifier
import Synchronization

/// Counts requests of each client address within a second (contract §10, `limit-requests-per-second`). IPv6 addresses count by their /64.
///
/// Memory is bounded: at most ``mostAddresses`` are told apart within a second; further ones share one count, so that many addresses get round
/// nothing.
final class RequestLimiter: Sendable {
    private static let mostAddresses = 65_536

    private struct State {
        var second: Int64 = 0
        var counts: [String: Int] = [:]
        /// Of addresses that found no room.
        var others = 0
    }

    private let perSecond: Int
    private let uptime: @Sendable () -> Int64
    private let state = Mutex(State())

    /// - Parameter uptime: milliseconds of a clock that nobody sets.
    init(perSecond: Int, uptime: @escaping @Sendable () -> Int64 = { SystemClock().uptime() }) {
        self.perSecond = perSecond
        self.uptime = uptime
    }

    /// - Parameter address: `nil` on the admin socket, which is not limited.
    /// - Throws: `rate_limited`.
    func admit(_ address: String?) throws(AuthorityError) {
        guard let address else { return }
        let counted = ClientAddress.counted(address)
        let now = uptime()
        let isAllowed = state.withLock { state in
            let second = now / 1000
            if second != state.second {
                state.second = second
                // The room is kept: it is needed again each second of an attack.
                state.counts.removeAll(keepingCapacity: state.counts.count > 1024)
                state.others = 0
            }
            if let count = state.counts[counted] {
                state.counts[counted] = min(count + 1, perSecond + 1)
                return count < perSecond
            }
            guard state.counts.count < Self.mostAddresses else {
                state.others = min(state.others + 1, perSecond + 1)
                return state.others <= perSecond
            }
            state.counts[counted] = 1
            return true
        }
        guard !isAllowed else { return }
        throw AuthorityError(
            .rateLimited, "more than \(perSecond) requests a second came from this address; wait a second",
            limit: LimitVerdict(isAllowed: false, limit: perSecond, remaining: 0, resetSeconds: 1, retrySeconds: 1))
    }
}
