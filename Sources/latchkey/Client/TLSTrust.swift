import NIOSSL

/// Whom an `https` address is believed to be: the system's certificate authorities, or those of a file in their place.
enum TLSTrust {
    /// `nil` where there is no TLS.
    ///
    /// - Throws: `.usage` when the file holds no certificate.
    static func context(for door: DaemonDoor) throws(CommandFailure) -> NIOSSLContext? {
        guard case .address(let url, _, let authorities) = door, !url.isPlain else { return nil }
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv12
        configuration.applicationProtocols = ["http/1.1"]
        if let authorities { configuration.trustRoots = try certificates(authorities) }
        do {
            return try NIOSSLContext(configuration: configuration)
        } catch {
            throw CommandFailure(
                .failed, "TLS can't be made ready with the system's certificates",
                hint: "--ca-file PATH names the certificates that are to be trusted in their place")
        }
    }

    private static func certificates(_ authorities: String) throws(CommandFailure) -> NIOSSLTrustRoots {
        guard let certificates = try? NIOSSLCertificate.fromPEMFile(authorities), !certificates.isEmpty else {
            throw CommandFailure(.usage, "the file \(authorities) holds no certificate that can be read", hint: "it is a file in PEM form")
        }
        return .certificates(certificates)
    }
}
