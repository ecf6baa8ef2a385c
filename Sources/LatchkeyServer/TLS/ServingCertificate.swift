package import LatchkeyAuthority
import LatchkeyVerifier
import NIOSSL
import Synchronization

/// The certificate that the TCP listener is served with, now: each new connection takes the pair that is there when it begins, and those
/// that are there keep theirs, so that a reload drops nothing.
///
/// Our own, in place of the packages' reloader: that one swallows why a pair was refused, which is what an operator has to know, and checks
/// neither who can read the key nor when the certificate ends.
package final class ServingCertificate: Sendable {
    /// Looks, one a second, that a pair which can't be served is given: whoever replaces two files does it one after the other.
    static let patience = 5

    /// What a reload came to.
    enum Reload: Sendable, Equatable {
        /// The pair is served, in the place of the former one, which may be the same.
        case taken(CertificateFacts, former: CertificateFacts)
        /// The old pair is served on.
        case refused(String)
    }

    private struct State {
        var pair: CertificatePair
        /// The files that were judged last, good or bad.
        var judged: CertificateFiles.Mark
        /// Looks at files that can't be served and were not judged yet.
        var looks = 0
        /// Why the files that are there now are not those that are served.
        var problem: String?
    }

    package let files: CertificateFiles
    private let clock: any HostClock
    private let state: Mutex<State>

    /// - Throws: `ConfigurationError` when the pair can't be served.
    package init(_ files: CertificateFiles, clock: any HostClock) throws(ConfigurationError) {
        self.files = files
        self.clock = clock
        // Before they are read: a change meanwhile is found by the next look.
        let mark = files.mark
        state = Mutex(State(pair: try CertificatePair(files), judged: mark))
    }

    /// What is served now.
    var pair: CertificatePair { state.withLock { $0.pair } }

    /// Why the files that are there now are not those that are served.
    var problem: String? { state.withLock { $0.problem } }

    /// Reads the files, whether they changed or not.
    @discardableResult
    func reload() -> Reload {
        let mark = files.mark
        return judge(mark, load(), isLast: true) ?? .taken(pair.facts, former: pair.facts)
    }

    /// One look at the files, each second.
    ///
    /// - Returns: what came of a change; `nil` when there was none, or it may not be complete.
    func look() -> Reload? {
        let mark = files.mark
        let isKnown = state.withLock { state in
            if mark == state.judged { state.looks = 0 }
            return mark == state.judged
        }
        guard !isKnown else { return nil }
        return judge(mark, load(), isLast: false)
    }

    private func load() -> Result<CertificatePair, ConfigurationError> {
        do throws(ConfigurationError) {
            return .success(try CertificatePair(files))
        } catch {
            return .failure(error)
        }
    }

    private func judge(_ mark: CertificateFiles.Mark, _ found: Result<CertificatePair, ConfigurationError>, isLast: Bool) -> Reload? {
        let now = clock.now()
        return state.withLock { state -> Reload? in
            switch found {
            case .success(let pair) where state.pair.holds(at: now) && !pair.holds(at: now):
                // Whole, but of another time: an old file that was copied back must not end the service.
                let life = now < pair.begins ? "does not hold before \(pair.begins)" : "expired on \(pair.ends)"
                let reason = "the TLS certificate \(files.certificate) \(life), and the one that is served holds until \(state.pair.ends)"
                (state.looks, state.judged, state.problem) = (0, mark, reason)
                return .refused(reason)
            case .success(let pair):
                let former = state.pair.facts
                state = State(pair: pair, judged: mark)
                return .taken(pair.facts, former: former)
            case .failure(let error):
                state.looks += 1
                guard isLast || state.looks >= Self.patience else { return nil }
                state.looks = 0
                state.judged = mark
                state.problem = error.message
                return .refused(error.message)
            }
        }
    }

    /// How it is, as the operator and anybody who asks for the install's health hear it.
    package var health: ServiceHealth {
        let (pair, problem) = state.withLock { ($0.pair, $0.problem) }
        return CertificateLife(begins: pair.begins, ends: pair.ends).health(at: clock.now(), problem: problem, file: files.certificate)
    }
}
