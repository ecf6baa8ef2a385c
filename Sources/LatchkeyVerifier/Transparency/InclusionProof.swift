import LatchkeyCrypto

/// An entry of an audit log with all that shows that it is in the log: a file that needs nothing but the install's trust anchor to be checked.
///
/// One JSON object in one spelling, and a line feed: `version` 1, `leaf` (its number in the log, from 0), `entry` (the bytes that the log keeps,
/// base64url), `path` (hashes from below, base64url, RFC 6962 §2.1.1), `anchors` (the statements that lead to the anchor that signed, the oldest
/// first), `checkpoint` (the signed note).
///
/// ```swift
/// let proof = try InclusionProof(reading: Array(file))
/// try proof.check(TrustAnchor(pem: Array(anchorFile)))
/// print(String(decoding: proof.entry, as: UTF8.self))
/// ```
public struct InclusionProof: Sendable, Equatable {
    /// Bytes.
    public static let greatestSize = 1 << 20
    private static let longestPath = 62

    /// The entry's number in the log, from 0.
    public let leaf: UInt64
    /// The entry in the bytes that were hashed: a JSON object.
    public let entry: [UInt8]
    public let path: [TreeHash]
    /// Who followed whom, for whoever holds an anchor from before.
    public let statements: [AnchorSuccession]
    public let checkpoint: Checkpoint

    package init(leaf: UInt64, entry: [UInt8], path: [TreeHash], statements: [AnchorSuccession] = [], checkpoint: Checkpoint) {
        self.leaf = leaf
        self.entry = entry
        self.path = path
        self.statements = statements
        self.checkpoint = checkpoint
    }

    /// Reads the form only.
    ///
    /// - Throws: `.malformed` also when one byte is other than this version would write it.
    public init(reading file: [UInt8]) throws(LogError) {
        guard file.count <= Self.greatestSize, file.last == 0x0A else {
            throw Self.malformed("it is longer than 1 MiB, or does not end with a line feed")
        }
        do {
            var reader = CanonicalReader(Array(file.dropLast()))
            self = try reader.object { reader in
                try reader.key("version")
                _ = try reader.integer(in: 1...1)
                try reader.key("leaf")
                let leaf = UInt64(try reader.integer(in: 0...(1 << 53) - 1))
                try reader.key("entry")
                let entry = try Self.bytes(&reader)
                var path: [TreeHash] = []
                try reader.key("path")
                try reader.array(upTo: Self.longestPath) { reader in
                    guard let hash = TreeHash(try Self.bytes(&reader)) else { throw reader.mismatch("a hash of 32 bytes") }
                    path.append(hash)
                }
                var statements: [AnchorSuccession] = []
                try reader.key("anchors")
                try reader.array(upTo: AnchorSuccession.greatestChain) { reader in
                    statements.append(try AnchorSuccession(reading: reader.string()))
                }
                try reader.key("checkpoint")
                let checkpoint = try Checkpoint(parsing: reader.text())
                return InclusionProof(leaf: leaf, entry: entry, path: path, statements: statements, checkpoint: checkpoint)
            }
            try reader.end()
        } catch let error as LogError {
            throw error
        } catch let error as CanonicalReader.Mismatch {
            throw Self.malformed(error.place)
        } catch {
            throw Self.malformed("its members can't be read")
        }
        guard self.file == file else { throw Self.malformed("it is not spelled as it would be written") }
    }

    /// As it is written down.
    public var file: [UInt8] {
        var writer = JSONWriter(capacity: 4096)
        writer.object { writer in
            writer.member("version", 1)
            writer.member("leaf", Int64(clamping: leaf))
            writer.member("entry", Base64URL.encode(entry))
            writer.member("path", path.map { Base64URL.encode($0.bytes) })
            writer.member("anchors", statements.map(\.text))
            writer.member("checkpoint", checkpoint.text)
        }
        return writer.bytes + [0x0A]
    }

    /// - Throws: `.anchor` unless the anchor, or one that it leads to, has signed the checkpoint; `.notIncluded` when the entry is not in the log
    ///   that it tells of.
    public func check(_ anchor: TrustAnchor) throws(LogError) {
        if !anchor.line(statements, of: checkpoint.install).contains(where: { checkpoint.isSigned(by: $0) }) {
            try checkpoint.check(anchor)
        }
        let hash = MerkleTree.leafHash(entry)
        guard MerkleTree.isIncluded(hash, at: leaf, in: checkpoint.size, root: checkpoint.root, path: path) else {
            throw LogError(.notIncluded, "the entry is not in the log that the checkpoint tells of, or not at this place")
        }
    }

    private static func bytes(_ reader: inout CanonicalReader) throws -> [UInt8] {
        guard let bytes = Base64URL.decode(try reader.text()) else { throw reader.mismatch("base64url") }
        return bytes
    }

    private static func malformed(_ why: String) -> LogError { LogError(.malformed, "this is not a proof over an audit log: \(why)") }
}
