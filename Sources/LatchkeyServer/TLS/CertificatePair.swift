import LatchkeyAuthority
import LatchkeyCrypto
import LatchkeyVerifier
import NIOCore
import NIOSSL

/// A certificate with its chain and its private key, read and checked: what new connections are served with.
struct CertificatePair: Sendable {
    let context: NIOSSLContext
    /// The certificate of this host itself, the first of the file.
    let leaf: NIOSSLCertificate
    /// SHA-256 of it in its binary form (DER), as `openssl x509 -fingerprint -sha256` tells it.
    let fingerprint: [UInt8]
    /// When the first and the last moment is at which every certificate of the chain holds.
    let begins: Timestamp
    let ends: Timestamp

    /// Reads both files and holds them against each other.
    ///
    /// - Throws: `ConfigurationError`, which names the file and what is wrong with it, and nothing of what is in it.
    init(_ files: CertificateFiles) throws(ConfigurationError) {
        let chain = try Self.chain(files)
        leaf = chain[0]
        guard let form = try? leaf.toDERBytes() else { throw Self.unreadable(files) }
        fingerprint = SHA256.hash(form)
        guard try Self.isStrong(leaf, files) else {
            throw ConfigurationError(
                "the key of the TLS certificate \(files.certificate) is an RSA key of less than 2048 bits, which clients refuse; make a new pair"
            )
        }
        let key = try Self.key(files)
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(key))
        configuration.minimumTLSVersion = .tlsv12
        configuration.applicationProtocols = ["http/1.1"]
        // How long the other side may take to say goodbye, too.
        configuration.shutdownTimeout = .seconds(1)
        do {
            context = try NIOSSLContext(configuration: configuration)
        } catch NIOSSLError.failedToLoadPrivateKey {
            throw ConfigurationError(
                "the TLS key \(files.key) does not belong to the certificate \(files.certificate); give the two that were made together, "
                    + "this host's own certificate as the first in its file")
        } catch {
            throw ConfigurationError("TLS can't be served with \(files.certificate) and \(files.key): \(error)")
        }
        begins = Timestamp(seconds: chain.map { Int64($0.notValidBefore) }.max() ?? 0)
        ends = Timestamp(seconds: chain.map { Int64($0.notValidAfter) }.min() ?? 0)
    }

    /// What it shows to everybody.
    var facts: CertificateFacts {
        CertificateFacts(fingerprint: Hexadecimal.text(fingerprint), begins: begins, ends: ends)
    }

    /// Whether every certificate of the chain does.
    func holds(at now: Timestamp) -> Bool { begins <= now && now < ends }

    private static func chain(_ files: CertificateFiles) throws(ConfigurationError) -> [NIOSSLCertificate] {
        let bytes = try files.certificateBytes()
        guard let chain = try? NIOSSLCertificate.fromPEMBytes(bytes), !chain.isEmpty else {
            throw unreadable(files)
        }
        return chain
    }

    private static func unreadable(_ files: CertificateFiles) -> ConfigurationError {
        ConfigurationError(
            "the TLS certificate \(files.certificate) can't be understood; it must be in PEM form, this host's own certificate first, "
                + "then those between it and its authority")
    }

    private static func key(_ files: CertificateFiles) throws(ConfigurationError) -> NIOSSLPrivateKey {
        var bytes = try files.keyBytes()
        defer { for index in bytes.indices { bytes[index] = 0 } }
        guard !contains(bytes, "-----BEGIN ENCRYPTED PRIVATE KEY"), !contains(bytes, "\nProc-Type: 4,ENCRYPTED") else {
            throw ConfigurationError(
                "the TLS key \(files.key) is encrypted with a passphrase, which nobody can type at a start; take it off with: "
                    + "openssl pkey -in \(ShellWord.quoted(files.key)) -out NEW, and close the file to others")
        }
        // Without this the library would ask a terminal.
        let noPassphrase: NIOSSLPassphraseCallback<[UInt8]> = { set in set([]) }
        guard let key = try? NIOSSLPrivateKey(bytes: bytes, format: .pem, passphraseCallback: noPassphrase) else {
            throw ConfigurationError("the TLS key \(files.key) can't be understood; it must be a private key in PEM form")
        }
        return key
    }

    /// Whether the public key is one that clients take.
    private static func isStrong(_ leaf: NIOSSLCertificate, _ files: CertificateFiles) throws(ConfigurationError) -> Bool {
        guard let form = try? leaf.extractPublicKey().toSPKIBytes() else {
            throw ConfigurationError("the TLS certificate \(files.certificate) has no public key that can be read")
        }
        // rsaEncryption (RFC 8017); of 2048 bits the whole has 292 bytes at least.
        let rsa: [UInt8] = [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x01]
        let isRSA = (0..<12).contains { form.count > $0 + rsa.count && form[$0..<$0 + rsa.count].elementsEqual(rsa) }
        return !isRSA || form.count >= 292
    }

    private static func contains(_ bytes: [UInt8], _ word: String) -> Bool {
        let word = Array(word.utf8)
        guard bytes.count >= word.count else { return false }
        return (0...bytes.count - word.count).contains { bytes[$0..<$0 + word.count].elementsEqual(word) }
    }
}
