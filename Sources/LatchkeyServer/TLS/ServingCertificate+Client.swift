import NIOCore
import NIOSSL

extension ServingCertificate {
    /// A client's side of TLS that believes the other side exactly if it shows the certificate that is served here. Which names that
    /// certificate has is for others to judge: this host asks itself by its address.
    func ownClientHandler() throws -> NIOSSLClientHandler {
        let leaf = pair.leaf
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv12
        configuration.applicationProtocols = ["http/1.1"]
        configuration.trustRoots = .certificates([leaf])
        configuration.certificateVerification = .noHostnameVerification
        return try NIOSSLClientHandler(
            context: NIOSSLContext(configuration: configuration), serverHostname: nil,
            customVerificationCallback: { shown, verdict in
                verdict.succeed(shown.first == leaf ? .certificateVerified : .failed)
            })
    }
}
