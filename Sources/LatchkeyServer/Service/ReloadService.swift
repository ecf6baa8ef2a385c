import Glibc
import LatchkeyVerifier
import Logging
import ServiceLifecycle
import UnixSignals

/// Takes up, while the daemon runs, what can be taken up: the certificate, when its files change or when it is told to (SIGHUP).
struct ReloadService: Service {
    let certificate: ServingCertificate?
    /// Which signals tell it to.
    let signals: [UnixSignal]
    let logger: Logger

    func run() async throws {
        await cancelWhenGracefulShutdown {
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await watch() }
                group.addTask { await obey() }
            }
        }
        // The rest of the stop is not cut short by it either.
        if !signals.isEmpty { signal(SIGHUP, SIG_IGN) }
    }

    /// What a signal asks for.
    func reload() {
        guard let certificate else {
            logger.notice("there is nothing to reload: no TLS certificate is configured, and other settings are read at the start alone")
            return
        }
        tell(certificate.reload())
    }

    private func watch() async {
        while !Task.isCancelled {
            if let outcome = certificate?.look() { tell(outcome) }
            try? await Task.sleep(for: .seconds(1))
        }
    }

    private func obey() async {
        for await _ in await UnixSignalsSequence(trapping: signals) { reload() }
    }

    /// That a pair was refused is also told by the install's health, for as long as it is so.
    private func tell(_ outcome: ServingCertificate.Reload) {
        switch outcome {
        case .taken(let ends): logger.notice("new connections get the TLS certificate that was just read; it ends on \(ends)")
        case .refused(let reason): logger.error("the TLS certificate stays as it was: \(reason)")
        }
    }
}
