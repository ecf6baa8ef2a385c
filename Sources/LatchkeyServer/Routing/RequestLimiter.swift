import LatchkeyAuthority
import LatchkeyVerifier
import Synchronization

/// Counts requests of each client address within a second (contract §10, `limit-requests-per-second`). IPv6 addresses count by their /64.
///
/// The seconds are fixed ones, not the last second before each request: whoever knows where one ends can send twice the number round that
/// moment. That is enough here, because the limit keeps one client from taking all the time there is, and no secret and no mint rests on it
/// (guessing 256 bits is no matter of speed, and mints are counted in the store, by the hour). In any longer time the number holds but for one
/// second's worth; and nothing has to be kept of an address beyond its second, so that there is nothing to clean up and nothing that grows.
///
/// Memory is bounded: at most ``mostAddresses`` are told apart within a second; further ones share one count, so that many addresses get round
/// nothing.
final class RequestLimiter: Sendable {
    static let mostAddresses = 65_536

    private struct State {
        var second: Int64 = 0
        var counts: [String: Int] = [:]
        /// Of addresses that found no room.
        var others = 0
    }

    private let perSecond: Int
    private let clock: any HostClock
    private let state = Mutex(State())

    /// - Parameter clock: its uptime counts, which nobody sets.
    init(perSecond: Int, clock: any HostClock) {
        self.perSecond = perSecond
        self.clock = clock
    }

    /// How many addresses it knows now.
    var addresses: Int { state.withLock { $0.counts.count } }

    /// - Parameter address: `nil` on the admin socket, which is not limited.
    /// - Throws: `rate_limited`.
    func admit(_ address: String?) throws(AuthorityError) {
        guard let address else { return }
        let counted = ClientAddress.counted(address)
        let second = clock.uptime() / 1000
        let isAllowed = state.withLock { state in
            if second != state.second {
                state.second = second
                // The room is kept for as long as it is needed each second.
                state.counts.removeAll(keepingCapacity: state.counts.count > 1024)
                state.others = 0
            }
            if let count = state.counts[counted] {
                guard count < perSecond else { return false }
                state.counts[counted] = count + 1
                return true
            }
            guard state.counts.count < Self.mostAddresses else {
                guard state.others < perSecond else { return false }
                state.others += 1
                return true
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
