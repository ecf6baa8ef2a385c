import LatchkeyVerifier
import Synchronization

/// Remembers which API keys were used, so that `lastUsedAt` is written behind: at most once a minute a key, never on the way of a request.
final class UseLog: Sendable {
    /// Seconds between two writings of one key's last use.
    static let interval: Int64 = 60
    /// Keys that are remembered at a time; beyond, memory of what was written lately is dropped.
    static let most = 65_536

    private struct State {
        var written: [OwnedKey: Timestamp] = [:]
        var pending: [OwnedKey: Timestamp] = [:]
    }

    private let state = Mutex(State())

    func note(_ key: OwnedKey, at now: Timestamp) {
        state.withLock { state in
            if let written = state.written[key], now >= written, now < written.adding(seconds: Self.interval) { return }
            guard state.pending.count < Self.most || state.pending[key] != nil else { return }
            state.pending[key] = now
        }
    }

    /// At most `limit` uses that are to be written now.
    func take(limit: Int) -> [(key: OwnedKey, at: Timestamp)] {
        state.withLock { state in
            let taken = state.pending.prefix(limit).map { (key: $0.key, at: $0.value) }
            if state.written.count + taken.count > Self.most { state.written = [:] }
            for (key, at) in taken {
                state.pending[key] = nil
                state.written[key] = at
            }
            return taken
        }
    }
}
