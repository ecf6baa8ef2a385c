import LatchkeyAuthority
import LatchkeyServer
import LatchkeyVerifier

/// The certificate of the TCP listener: a pair that can be served, and for how long.
struct CertificateCheck {
    private let install: ExaminedInstall

    init(_ install: ExaminedInstall) { self.install = install }

    private var mend: String {
        install.isPackaged
            ? "put the new pair in its place, then: systemctl reload latchkey"
            : "put the new pair in its place: it is taken within a second"
    }

    var finding: Finding { install.status.map(told) ?? read }

    /// As the daemon tells it.
    private func told(_ status: JSONValue) -> Finding {
        let check = "certificate"
        guard let pair = status["tls"] else { return plain(at: status["listen"]?.text) }
        guard let state = ServiceState("tls", in: status) else { return .skipped(check, install.silence) }
        guard let sentence = state.trouble else {
            return .ok(
                check, "the certificate \(pair["certificate"]?.text ?? "") is served, and holds until \(pair["notAfter"]?.text ?? "")")
        }
        let (begins, ends) = (pair["notBefore"]?.moment ?? install.now, pair["notAfter"]?.moment ?? install.now)
        return ill(sentence, begins: begins, ends: ends)
    }

    /// With a certificate that does not hold now nobody gets in.
    private func ill(_ sentence: String, begins: Timestamp, ends: Timestamp) -> Finding {
        let isDead = ends <= install.now || install.now < begins
        return isDead ? .failed("certificate", sentence, mend: mend) : .warning("certificate", sentence, mend: mend)
    }

    /// As the next start would find it.
    private var read: Finding {
        let check = "certificate"
        guard let settings = try? install.settings.get(), let files = settings.certificate else {
            return .skipped(check, "no certificate is configured that is known here")
        }
        if FileFacts.isOutOfReach(files.key) {
            return .skipped(check, "this user may not read \(files.key), as it should be", mend: install.asRoot)
        }
        do {
            guard let (begins, ends, health) = try settings.certificateHealth(at: install.now) else {
                return .skipped(check, "none is configured")
            }
            guard let trouble = health.detail else { return .ok(check, "the certificate \(files.certificate) holds until \(ends)") }
            return ill(trouble, begins: begins, ends: ends)
        } catch {
            return .failed(check, error.message, mend: mend)
        }
    }

    private func plain(at address: String?) -> Finding {
        guard let url = address.flatMap({ DaemonURL($0) }) else { return .skipped("certificate", install.silence) }
        guard !url.isLoopback else {
            return .ok("certificate", "there is none: the API speaks plain HTTP, and does not leave this host")
        }
        return .warning(
            "certificate", "the API speaks plain HTTP beyond this host, at \(url.text): who listens on the way has every key",
            mend: "latchkey serve --help, for --tls-certificate-file and --tls-key-file")
    }
}
