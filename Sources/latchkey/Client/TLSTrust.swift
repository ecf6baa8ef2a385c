import LatchkeyAuthority
import NIOSSL

/// Whom an `https` address is believed to be.
enum TLSTrust: Sendable {
    /// Whoever the system's certificate authorities vouch for.
    case system
    /// Whoever the certificate authorities of a file vouch for.
    case authorities(String)
    /// Whoever shows the certificate with this SHA-256, in hexadecimal digits, whatever names are in it: this host, asked by its address.
    case exactly(String)

    /// Of the one certificate that the other side may show, where it is to be no other.
    var only: String? { if case .exactly(let fingerprint) = self { fingerprint } else { nil } }

    /// What a command line needs to trust alike, with a space before it.
    var options: String {
        switch self {
        case .system, .exactly: ""
        case .authorities(let file): " --ca-file \(ShellWord.quoted(file))"
        }
    }

    /// `nil` where there is no TLS.
    ///
    /// - Throws: `.usage` when the file holds no certificate.
    static func context(for door: DaemonDoor) throws(CommandFailure) -> NIOSSLContext? {
        guard case .address(let url, _, let trust) = door, !url.isPlain else { return nil }
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv12
        configuration.applicationProtocols = ["http/1.1"]
        switch trust {
        case .system: break
        case .authorities(let file): configuration.trustRoots = try certificates(file)
        case .exactly: configuration.certificateVerification = .noHostnameVerification
        }
        do {
            return try NIOSSLContext(configuration: configuration)
        } catch {
            throw CommandFailure(
                .failed, "TLS can't be made ready with the system's certificates",
                hint: "--ca-file PATH names the certificates that are to be trusted in their place")
        }
    }

    private static func certificates(_ file: String) throws(CommandFailure) -> NIOSSLTrustRoots {
        guard let certificates = try? NIOSSLCertificate.fromPEMFile(file), !certificates.isEmpty else {
            throw CommandFailure(.usage, "the file \(file) holds no certificate that can be read", hint: "it is a file in PEM form")
        }
        return .certificates(certificates)
    }
}
