import FoundationEssentials
import LatchkeyCrypto

/// Looks for secrets in what must not hold them: as they are, in hexadecimal, in base64 and in base64url.
struct SecretSearch {
    private struct Needle {
        let name: String
        let bytes: [UInt8]
    }

    private var needles: [Needle] = []

    /// Adds a secret's text and its SHA-256. The hash's own bytes may stand in the store, where they are the index.
    mutating func add(_ name: String, _ secret: String) {
        let bytes = Array(secret.utf8)
        let hash = SHA256.hash(bytes)
        needles.append(Needle(name: "\(name), raw", bytes: bytes))
        addEncodings(name, bytes)
        addEncodings("the hash of \(name)", hash)
    }

    /// Adds bytes that must stand nowhere in any form.
    mutating func add(_ name: String, bytes: [UInt8]) {
        needles.append(Needle(name: "\(name), raw", bytes: bytes))
        addEncodings(name, bytes)
    }

    private mutating func addEncodings(_ name: String, _ bytes: [UInt8]) {
        let hex = bytes.map { byte in
            let text = String(byte, radix: 16)
            return text.utf8.count == 1 ? "0" + text : text
        }.joined()
        let base64 = Data(bytes).base64EncodedString()
        let unpadded = String(base64.prefix { $0 != "=" })
        for (form, text) in [("hex", hex), ("HEX", hex.uppercased()), ("base64", unpadded), ("base64url", Base64URL.encode(bytes))] {
            needles.append(Needle(name: "\(name), in \(form)", bytes: Array(text.utf8)))
        }
    }

    /// The names of what was found.
    func found(in haystack: [UInt8]) -> [String] {
        needles.filter { Self.contains(haystack, $0.bytes) }.map(\.name)
    }

    private static func contains(_ haystack: [UInt8], _ needle: [UInt8]) -> Bool {
        guard let first = needle.first, haystack.count >= needle.count else { return false }
        var start = haystack.startIndex
        while let hit = haystack[start...].firstIndex(of: first), hit + needle.count <= haystack.count {
            if haystack[hit..<hit + needle.count].elementsEqual(needle) { return true }
            start = hit + 1
        }
        return false
    }
}
