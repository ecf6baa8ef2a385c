import FoundationEssentials
import Glibc
import LatchkeyServer

/// A place with a certificate and its key, put there from the fixtures as an operator would: whole, under their names at once.
final class CertificateSite: Sendable {
    private let scratch = Scratch()

    var files: CertificateFiles { CertificateFiles(certificate: path + "/tls.pem", key: path + "/tls.key") }

    var path: String { scratch.path }

    /// What a daemon is told of it.
    var settings: [Setting: String] { [.certificateFile: files.certificate, .certificateKeyFile: files.key] }

    init(_ name: String) throws { try put(name) }

    func put(_ name: String) throws {
        try putCertificate(name)
        try putKey(name)
    }

    func putCertificate(_ name: String) throws { try put("tls/\(name).pem", at: files.certificate, mode: 0o644) }

    func putKey(_ name: String, mode: mode_t = 0o600) throws { try put("tls/\(name).key", at: files.key, mode: mode) }

    /// Puts something else in a file's place.
    func write(_ text: String, at path: String, mode: mode_t = 0o600) throws {
        try Data(text.utf8).write(to: URL(filePath: path + ".new"))
        guard chmod(path + ".new", mode) == 0, rename(path + ".new", path) == 0 else { throw CocoaError(.fileWriteUnknown) }
    }

    private func put(_ fixture: String, at path: String, mode: mode_t) throws {
        try write(try Fixture.text(fixture), at: path, mode: mode)
    }
}
