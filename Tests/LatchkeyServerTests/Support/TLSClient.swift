import NIOCore
import NIOSSL
import Synchronization

/// A client's side of TLS that takes any certificate, and remembers what it was shown.
final class TLSClient: Sendable {
    private let seen = Mutex<[UInt8]?>(nil)
    private let newest: TLSVersion?

    /// - Parameter newest: the newest version that it speaks.
    init(newest: TLSVersion? = nil) { self.newest = newest }

    /// The certificate that it was shown last, in DER form.
    var shown: [UInt8]? { seen.withLock { $0 } }

    func handler() throws -> NIOSSLClientHandler {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.trustRoots = .certificates([])
        configuration.certificateVerification = .noHostnameVerification
        configuration.maximumTLSVersion = newest
        return try NIOSSLClientHandler(
            context: NIOSSLContext(configuration: configuration), serverHostname: nil,
            customVerificationCallback: { certificates, verdict in
                let bytes = try? certificates.first?.toDERBytes()
                self.seen.withLock { $0 = bytes }
                verdict.succeed(.certificateVerified)
            })
    }

    /// The first certificate of a fixture, as it would be shown.
    static func certificate(_ name: String) throws -> [UInt8] {
        try NIOSSLCertificate.fromPEMBytes(Array(try Fixture.text("tls/\(name).pem").utf8))[0].toDERBytes()
    }
}
