import LatchkeyCrypto
import Synchronization

/// Remembers which exact tokens' signatures have verified, so that a token that is presented again costs a SHA-256 in place of an RSA
/// operation.
///
/// It can't go stale: that these bytes carry a good signature of that key is true for ever. Whether the key still counts, whether the time
/// has come or gone, and whether the token was revoked is asked at each use. What did not verify is not remembered. At most twice
/// `capacity` tokens are kept:
/// when the young half is full it becomes the old one, and the old one is dropped.
///
/// Only what an RSA key signed is remembered, and given back only while an RSA key has that `kid`: an HMAC costs no more than the look-up,
/// and no token of the legacy key can outlive here the phase that accepts it.
package final class SignatureCache: Sendable {
    private struct Digest: Hashable {
        let words: (UInt64, UInt64, UInt64, UInt64)

        init(_ bytes: [UInt8]) {
            func word(_ start: Int) -> UInt64 { bytes[start..<start + 8].reduce(0) { $0 << 8 | UInt64($1) } }
            words = (word(0), word(8), word(16), word(24))
        }

        static func == (a: Self, b: Self) -> Bool { a.words == b.words }

        /// SHA-256 of attacker-chosen text is as good as seeded hashing needs.
        func hash(into hasher: inout Hasher) { hasher.combine(words.0) }
    }

    private struct Halves {
        var young: [Digest: VerifiedToken] = [:]
        var old: [Digest: VerifiedToken] = [:]
    }

    /// Bytes of a token that is remembered; larger ones are verified each time, so that memory stays bounded.
    private static let largestToken = 2048

    private let capacity: Int
    private let halves = Mutex(Halves())

    package init(capacity: Int) { self.capacity = capacity }

    /// As `KeySet.verifySignature`, perhaps from memory.
    package func verifySignature(of token: String, with keys: KeySet) throws(VerificationError) -> VerifiedToken {
        guard token.utf8.count <= Self.largestToken else { return try keys.verifySignature(of: token) }
        let digest = Digest(SHA256.hash(Array(token.utf8)))
        if let known = halves.withLock({ $0.young[digest] ?? $0.old[digest] }), keys.contains(known.keyId) { return known }
        let verified = try keys.verifySignature(of: token)
        guard verified.legacy == nil else { return verified }
        halves.withLock { halves in
            if halves.young.count >= capacity {
                halves.old = halves.young
                halves.young = [:]
            }
            halves.young[digest] = verified
        }
        return verified
    }
}
