import NIOSSL

/// Whom an `https` address is believed to be: the system's certificate authorities, or those of a file in their place.
enum TLSTrust {
    /// `nil` where there is no TLS.
    ///
    /// - Throws: `.usage` when the file holds no certificate.
    static func configuration(for door: DaemonDoor) throws(CommandFailure) -> TLSConfiguration? {
        guard case .address(let url, _, let authorities) = door, !url.isPlain else { return nil }
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv12
        guard let authorities else { return configuration }
        guard let certificates = try? NIOSSLCertificate.fromPEMFile(authorities), !certificates.isEmpty else {
            throw CommandFailure(.usage, "the file \(authorities) holds no certificate that can be read", hint: "it is a file in PEM form")
        }
        configuration.trustRoots = .certificates(certificates)
        return configuration
    }
}
