import Glibc
import LatchkeyAuthority

/// The two files that TLS is served with: a certificate with its chain, and its private key, both in PEM form.
package struct CertificateFiles: Sendable, Equatable {
    package let certificate: String
    package let key: String

    package init(certificate: String, key: String) {
        self.certificate = certificate
        self.key = key
    }

    /// What tells these files from other ones of the same names; changes with every replacement and every change of owner or mode.
    var mark: Mark { Mark(certificate: FileMark(certificate, followsLinks: true), key: FileMark(key, followsLinks: true)) }

    struct Mark: Sendable, Equatable {
        let certificate: FileMark?
        let key: FileMark?
    }
}

extension CertificateFiles {
    /// Bytes of either file.
    private static let largest = 256 * 1024

    /// The certificate's bytes. Anybody may know them.
    func certificateBytes() throws(ConfigurationError) -> [UInt8] {
        try Self.read(certificate, "the TLS certificate", check: nil)
    }

    /// The key's bytes, which the caller wipes. A key that others could have read, or written, is none.
    func keyBytes() throws(ConfigurationError) -> [UInt8] {
        try Self.read(key, "the TLS key") { [key] (status: stat) throws(ConfigurationError) in
            guard status.st_uid == geteuid() || status.st_uid == 0 else {
                throw ConfigurationError("the TLS key \(key) belongs to another user; give it to root or to the service's own user")
            }
            // A group may read it: that is how hosts share keys among services (ssl-cert), and how a service manager's ACL shows.
            guard status.st_mode & 0o037 == 0 else {
                throw ConfigurationError(
                    "the TLS key \(key) can be read by everybody or changed by others; close it with: chmod 0640 \(ShellWord.quoted(key))")
            }
        }
    }

    private static func read(
        _ path: String, _ what: String, check: ((stat) throws(ConfigurationError) -> Void)?
    ) throws(ConfigurationError) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            throw ConfigurationError("\(what) \(path) can't be read: \(String(cString: strerror(errno)))")
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw ConfigurationError("\(what) \(path) is not a file")
        }
        if let check { try check(status) }
        guard status.st_size <= largest else {
            throw ConfigurationError("\(what) \(path) has more than \(largest) bytes; it is not what it should be")
        }
        // One more than it has: a file that grew meanwhile is seen, and nothing of a key is left behind by growing the array.
        var bytes = [UInt8](repeating: 0, count: Int(status.st_size) + 1)
        var count = 0
        while count < bytes.count {
            let room = bytes.count - count
            let got = bytes.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress! + count, room) }
            if got < 0, errno == EINTR { continue }
            guard got >= 0 else {
                let reason = String(cString: strerror(errno))
                for index in bytes.indices { bytes[index] = 0 }
                throw ConfigurationError("\(what) \(path) can't be read: \(reason)")
            }
            if got == 0 { break }
            count += got
        }
        bytes.removeLast(bytes.count - count)
        return bytes
    }
}
