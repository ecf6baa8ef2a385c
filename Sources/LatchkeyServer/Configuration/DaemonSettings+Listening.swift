package import LatchkeyAuthority
package import LatchkeyVerifier

extension DaemonSettings {
    /// The pair of files that TLS is served with: both or none.
    static func certificate(_ values: SettingValues) throws(ConfigurationError) -> CertificateFiles? {
        let pair = (certificate: values.text(.certificateFile) ?? "", key: values.text(.certificateKeyFile) ?? "")
        switch (pair.certificate.isEmpty, pair.key.isEmpty) {
        case (true, true): return nil
        case (false, false): return CertificateFiles(certificate: pair.certificate, key: pair.key)
        case (false, true): throw values.refusal(.certificateFile, "needs its private key: say where with --tls-key-file FILE")
        case (true, false): throw values.refusal(.certificateKeyFile, "needs its certificate: say where with --tls-certificate-file FILE")
        }
    }

    /// `info` tells what an operator has to know; `debug` each request, too.
    static func logsRequests(_ values: SettingValues) throws(ConfigurationError) -> Bool {
        switch values.text(.logLevel) ?? "info" {
        case "info": return false
        case "debug": return true
        default: throw values.refusal(.logLevel, "must be info or debug")
        }
    }

    /// Reads the certificate and its key as the daemon would.
    ///
    /// - Throws: `ConfigurationError` when they can't be served.
    package func checkCertificate() throws(ConfigurationError) {
        if let certificate { _ = try CertificatePair(certificate) }
    }

    /// How the certificate is that the daemon would serve, and from when until when it holds; `nil` where it would serve none.
    ///
    /// - Throws: `ConfigurationError` when the pair can't be served.
    package func certificateHealth(at now: Timestamp) throws(ConfigurationError) -> (
        begins: Timestamp, ends: Timestamp, health: ServiceHealth
    )? {
        guard let certificate else { return nil }
        let pair = try CertificatePair(certificate)
        let life = CertificateLife(begins: pair.begins, ends: pair.ends)
        return (pair.begins, pair.ends, life.health(at: now, problem: nil, file: certificate.certificate))
    }
}
