/// How large a log was, and the root of its tree, signed by the install's trust anchor (C2SP tlog-checkpoint).
public struct Checkpoint: Sendable, Equatable {
    /// What the first line of an install's checkpoints begins with; its id follows.
    private static let prefix = "latchkey/"

    /// `latchkey/INSTALL-ID`: whose log it is, and the name of the key that signs.
    public let origin: String
    public let size: UInt64
    public let root: TreeHash
    public let note: SignedNote

    /// - Throws: `.malformed`. Who signed it is not looked at.
    public init(parsing bytes: [UInt8]) throws(LogError) {
        note = try SignedNote(parsing: bytes)
        let lines = note.text.utf8.split(separator: 0x0A, omittingEmptySubsequences: false)
        // What may follow the root is an extension, which this version gives no meaning to, and so does not take.
        guard lines.count == 4, lines[3].isEmpty, let origin = String(lines[0]), Self.installId(of: origin) != nil,
            let size = UInt64(String(decoding: lines[1], as: UTF8.self)), size <= MerkleTree.mostLeaves,
            let root = Base64.decode(lines[2]).flatMap({ TreeHash($0) })
        else {
            throw LogError(
                .malformed, "this is not a checkpoint of an audit log: three lines, its origin, its size and its root, are needed")
        }
        self.origin = origin
        self.size = size
        self.root = root
        guard Self.text(origin, size, root).utf8.elementsEqual(note.text.utf8) else {
            throw LogError(.malformed, "this is not a checkpoint of an audit log: its size is not written as a plain number")
        }
    }

    /// - Parameter sign: signs these bytes with the anchor's private half.
    package init<Failure: Error>(
        install: String, size: UInt64, root: TreeHash, anchor: TrustAnchor, sign: ([UInt8]) throws(Failure) -> [UInt8]
    ) throws(Failure) {
        origin = Self.origin(of: install)
        self.size = size
        self.root = root
        note = try SignedNote(signing: Self.text(origin, size, root), name: origin, anchor: anchor, sign)
    }

    /// As it is written down.
    public var text: String { note.whole }

    public var head: LogHead { LogHead(size: size, root: root) }

    /// The install whose log it is.
    public var install: String { Self.installId(of: origin) ?? "" }

    package static func origin(of install: String) -> String { prefix + install }

    public func isSigned(by anchor: TrustAnchor) -> Bool { note.isSigned(by: anchor, as: origin) }

    /// - Throws: `.anchor` unless the anchor has signed it.
    public func check(_ anchor: TrustAnchor) throws(LogError) {
        guard isSigned(by: anchor) else {
            throw LogError(
                .anchor,
                "the checkpoint is not signed by the trust anchor \(anchor.fingerprint); if the install has a new anchor since, or had another one "
                    + "then, name that one")
        }
    }

    private static func text(_ origin: String, _ size: UInt64, _ root: TreeHash) -> String {
        "\(origin)\n\(size)\n\(Base64.encode(root.bytes))\n"
    }

    private static func installId(of origin: String) -> String? {
        guard origin.utf8.starts(with: prefix.utf8), SignedNote.isName(origin) else { return nil }
        let id = origin.utf8.dropFirst(prefix.utf8.count)
        guard (1...128).contains(id.count), id.allSatisfy({ (0x21...0x7E).contains($0) && $0 != 0x22 && $0 != 0x5C }) else { return nil }
        return String(id)
    }
}
