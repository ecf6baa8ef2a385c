import LatchkeyCrypto
@testable import LatchkeyVerifier

/// What `fixtures/log` holds: a tree by another implementation.
struct LogVectors: Decodable {
    struct Inclusion: Decodable {
        let leaf: UInt64
        let size: UInt64
        let path: [String]
    }

    struct Consistency: Decodable {
        let old: UInt64
        let size: UInt64
        let proof: [String]
    }

    let install: String
    let verifierKey: String
    let head: String
    let entries: [String]
    let roots: [String]
    let inclusion: [Inclusion]
    let consistency: [Consistency]

    static let shared: LogVectors = try! Fixture.json("log/vectors.json")
    static let anchor = try! TrustAnchor(pem: Fixture.bytes("log/anchor.pem"))
    /// The private half of the anchor.
    static let key: Ed25519PrivateKey = {
        // What stands behind the 16 bytes that every such key begins with (RFC 8410 §7).
        let lines = String(decoding: try! Fixture.bytes("crypto/ed25519-pkcs8.pem"), as: UTF8.self).split(separator: "\n")
        return try! Ed25519PrivateKey(seed: Secret(copying: Array(Base64.decode(lines[1].utf8)!.suffix(32))))
    }()

    var bytes: [[UInt8]] { entries.map { LogVectors.bytes($0) } }
    var leaves: [TreeHash] { bytes.map { MerkleTree.leafHash($0) } }
    var size: UInt64 { UInt64(entries.count) }

    func root(_ size: UInt64) -> TreeHash { LogVectors.hash(roots[Int(size)]) }

    /// The whole tree in post-order.
    var nodes: [TreeHash] {
        var tree = TreeFrontier()
        return leaves.flatMap { tree.append($0) }
    }

    static func hash(_ text: String) -> TreeHash { TreeHash(hexadecimal: Array(text.utf8))! }

    private static func bytes(_ text: String) -> [UInt8] {
        let digits = Array(text.utf8)
        return stride(from: 0, to: digits.count, by: 2).map { UInt8(String(decoding: digits[$0..<$0 + 2], as: UTF8.self), radix: 16)! }
    }
}

extension TreeHash {
    /// Another one.
    var flipped: TreeHash { TreeHash([bytes[0] ^ 1] + bytes.dropFirst())! }
}
