import Glibc
import LatchkeyAuthority
import LatchkeyStore
import LatchkeyVerifier
import Logging
import ServiceLifecycle
import Synchronization
import UnixSignals

/// Takes up, while the daemon runs, what can be taken up: the certificate, when its files change or when it is told to (SIGHUP). What it has
/// taken up stands in the audit log; what it could not take up is in the log, once, however often it is tried.
final class ReloadService: Service {
    /// Changes that are kept for the audit log.
    private static let mostUntold = 16

    private let certificate: ServingCertificate?
    private let authority: Authority
    /// Which signals tell it to.
    private let signals: [UnixSignal]
    private let logger: Logger
    private let state = Mutex(State())

    private struct State {
        /// Changes that the audit log doesn't tell of yet.
        var untold: [[String: String]] = []
        /// Whether somebody writes the first of them just now.
        var isWriting = false
        var complaints = SparseLog()
        /// Whether the log said that the audit log can't be written.
        var isStuck = false
    }

    init(certificate: ServingCertificate?, authority: Authority, signals: [UnixSignal], logger: Logger) {
        self.certificate = certificate
        self.authority = authority
        self.signals = signals
        self.logger = logger
    }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await self.watch() }
                group.addTask { await self.obey() }
            }
        }
        // The rest of the stop is not cut short by it either.
        if !signals.isEmpty { signal(SIGHUP, SIG_IGN) }
        await record()
    }

    /// What a signal asks for. The audit log has it within a second.
    func reload() {
        guard let certificate else {
            let words = "there is nothing to reload: no TLS certificate is configured, and other settings are read at the start alone"
            if isNews(words) { logger.notice("\(words)") }
            return
        }
        tell(certificate.reload())
    }

    private func watch() async {
        while !Task.isCancelled {
            if let outcome = certificate?.look() { tell(outcome) }
            await record()
            try? await Task.sleep(for: .seconds(1))
        }
    }

    private func obey() async {
        for await _ in await UnixSignalsSequence(trapping: signals) {
            reload()
            await record()
        }
    }

    /// That a pair was refused is also told by the install's health, for as long as it is so.
    private func tell(_ outcome: ServingCertificate.Reload) {
        switch outcome {
        case .taken(let facts, let former) where facts == former:
            let words = "the TLS certificate was read again and is the one that is served; it ends on \(facts.ends)"
            if isNews(words) { logger.notice("\(words)") }
        case .taken(let facts, let former):
            state.withLock { state in
                // While the audit log can't be written, the first and the last of many are what counts.
                if state.untold.count >= Self.mostUntold { state.untold.removeLast() }
                state.untold.append(facts.metadata(inPlaceOf: former))
                state.complaints.forget()
            }
            logger.notice("new connections get the TLS certificate that was just read; it ends on \(facts.ends)")
        case .refused(let reason):
            let words = "the TLS certificate stays as it was: \(reason)"
            if isNews(words) { logger.error("\(words)") }
        }
    }

    private func isNews(_ words: String) -> Bool { state.withLock { $0.complaints.isNews(words, at: MonotonicTime.now) } }

    /// Writes into the audit log what it doesn't tell of yet. What can't be written now is tried again with the next look: a certificate is
    /// not refused because a disk is full.
    private func record() async {
        while let change = next() {
            do {
                try await authority.noteChange(of: "tls-certificate", change)
                state.withLock { state in
                    state.untold.removeFirst()
                    (state.isWriting, state.isStuck) = (false, false)
                }
            } catch {
                let isNew = state.withLock { state in
                    defer { (state.isWriting, state.isStuck) = (false, true) }
                    return !state.isStuck
                }
                if isNew { logger.error("the audit log does not tell of the new TLS certificate yet: \(error)") }
                return
            }
        }
    }

    /// The first change that the audit log doesn't tell of; `nil` also while somebody else writes it.
    private func next() -> [String: String]? {
        state.withLock { state in
            guard !state.isWriting, let change = state.untold.first else { return nil }
            state.isWriting = true
            return change
        }
    }
}
