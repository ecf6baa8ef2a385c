import Glibc
import NIOCore
import NIOPosix
import NIOSSL

extension CommandFailure {
    /// Why the daemon's address could not be reached.
    init(address url: DaemonURL, _ error: any Error) {
        let hint = "is the daemon running, and is --url its address?"
        switch error {
        case let error as NIOConnectionError:
            guard let first = error.connectionErrors.first else {
                self.init(.unreachable, "the host of \(url.text) can't be found", hint: hint)
                return
            }
            self.init(.unreachable, Self.sentence(url, first.error), hint: hint)
        case is NIOSSLError, is NIOSSLExtraError, is BoringSSLError:
            self.init(
                .unreachable, "there is no secure connection to \(url.text): \(Self.reason(error))",
                hint: "--ca-file PATH names the certificates that are to be trusted in place of the system's")
        case ConnectionFailure.handshakeTimeout:
            self.init(.unreachable, "there is no secure connection to \(url.text): it does not answer", hint: "does it speak TLS?")
        default:
            self.init(.unreachable, Self.sentence(url, error), hint: hint)
        }
    }

    private static func sentence(_ url: DaemonURL, _ error: any Error) -> String {
        guard let number = (error as? IOError)?.errnoCode else { return "\(url.text) can't be reached" }
        return number == ECONNREFUSED ? "nothing listens at \(url.text)" : "\(url.text) can't be reached: \(SystemError(number: number))"
    }

    /// The library's own words name places in its source, and nothing to do.
    private static func reason(_ error: any Error) -> String {
        if let error = error as? NIOSSLExtraError, error == .failedToValidateHostname { return "its certificate is for another host" }
        let words = String(describing: error)
        if words.contains("CERTIFICATE_VERIFY_FAILED") { return "its certificate is not trusted here" }
        if words.contains("WRONG_VERSION_NUMBER") || words.contains("HTTP_REQUEST") { return "what answers there does not speak TLS" }
        return "the TLS handshake failed"
    }
}
