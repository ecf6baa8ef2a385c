import FoundationEssentials
import Glibc
import LatchkeyCrypto
import Synchronization

/// Every secret that a daemon gave out, so that they can be looked for where they must not be.
final class SecretLedger: Sendable {
    private let secrets = Mutex<Set<[UInt8]>>([])

    var count: Int { secrets.withLock { $0.count } }

    /// Notes the secrets of an answer.
    func note(_ reply: Reply) {
        guard reply.status == 200 || reply.status == 201 else { return }
        let json = reply.json
        for name in ["key", "auth_token", "accessToken", "refreshToken"] {
            if let secret = json[name]?.text { note(secret) }
        }
    }

    func note(_ secret: String) { note(bytes: Array(secret.utf8)) }

    func note(bytes: [UInt8]) { secrets.withLock { _ = $0.insert(bytes) } }

    /// What is found of the secrets in some bytes: raw, in hexadecimal, base64 and base64url, and their SHA-256 likewise.
    ///
    /// - Parameter rawHashes: whether the plain bytes of a hash count, which the store's index is made of.
    func found(in bytes: [UInt8], rawHashes: Bool) -> [String] {
        var found: [String] = []
        for plain in secrets.withLock({ $0 }) {
            let hash = SHA256.hash(plain)
            var forms = [("itself", plain)] + Self.encodings(plain) + Self.encodings(hash).map { ("hash in \($0)", $1) }
            if rawHashes { forms.append(("hash", hash)) }
            let start = String(decoding: plain.prefix(11), as: UTF8.self)
            for (name, form) in forms where Self.contains(bytes, form) {
                found.append("\(start)…: \(name)")
            }
        }
        return found
    }

    private static func encodings(_ bytes: [UInt8]) -> [(String, [UInt8])] {
        let hex = bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        let base64 = Data(bytes).base64EncodedString()
        return [
            ("hexadecimal", Array(hex.utf8)), ("upper hexadecimal", Array(hex.uppercased().utf8)),
            // without padding: that is in both
            ("base64", Array(base64.filter { $0 != "=" }.utf8)), ("base64url", Array(Base64URL.encode(bytes).utf8)),
        ]
    }

    static func contains(_ bytes: [UInt8], _ part: [UInt8]) -> Bool {
        bytes.withUnsafeBytes { all in
            part.withUnsafeBytes { part in
                guard let start = all.baseAddress, let wanted = part.baseAddress, part.count <= all.count else { return false }
                var position = 0
                while position <= all.count - part.count,
                    let hit = memchr(start + position, Int32(part[0]), all.count - part.count - position + 1)
                {
                    if memcmp(hit, wanted, part.count) == 0 { return true }
                    position = UnsafeRawPointer(hit) - start + 1
                }
                return false
            }
        }
    }
}
