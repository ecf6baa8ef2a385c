import LatchkeyVerifier
import Synchronization

/// Remembers who presented legacy tokens, so that it is written behind and never on the way of a request.
final class LegacyUseLog: Sendable {
    /// Presenters that are remembered between two writings, and rows that are kept.
    static let most = 1000
    /// Bytes of an audience that are kept.
    private static let longestAudience = 256

    struct Presenter: Hashable, Sendable {
        let subject: String
        let address: String
        let audience: String
    }

    private struct State {
        var pending: [Presenter: Timestamp] = [:]
        var last: Timestamp?
    }

    private let state = Mutex(State())

    /// When a legacy token was presented last, since the start.
    var last: Timestamp? { state.withLock { $0.last } }

    var isEmpty: Bool { state.withLock { $0.pending.isEmpty } }

    /// Nothing was presented later than now, whatever a clock that was ahead has said.
    func settle(at now: Timestamp) {
        state.withLock { state in
            state.last = state.last.map { min($0, now) }
            state.pending = state.pending.mapValues { min($0, now) }
        }
    }

    func note(_ claims: Claims, from address: String?, at now: Timestamp) {
        let presenter = Presenter(
            subject: claims.subject, address: address ?? "unknown", audience: Self.shown(claims.audience.joined(separator: " ")))
        state.withLock { state in
            state.last = max(state.last ?? now, now)
            guard state.pending.count < Self.most || state.pending[presenter] != nil else { return }
            state.pending[presenter] = now
        }
    }

    /// What is to be written now.
    func take() -> [LegacyUseRow] {
        state.withLock { state in
            defer { state.pending = [:] }
            return state.pending.map {
                LegacyUseRow(subject: $0.key.subject, address: $0.key.address, audience: $0.key.audience, lastSeenAt: $0.value)
            }
        }
    }

    /// What could not be written, for the next time.
    func giveBack(_ rows: [LegacyUseRow]) {
        state.withLock { state in
            for row in rows {
                let presenter = Presenter(subject: row.subject, address: row.address, audience: row.audience)
                state.pending[presenter] = max(state.pending[presenter] ?? row.lastSeenAt, row.lastSeenAt)
            }
        }
    }

    /// People will see it, and whoever holds the secret chose it.
    private static func shown(_ audience: String) -> String {
        String(decoding: audience.utf8.prefix(longestAudience).map { (0x20...0x7E).contains($0) ? $0 : UInt8(ascii: "?") }, as: UTF8.self)
    }
}
