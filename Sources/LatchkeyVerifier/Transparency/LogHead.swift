/// The size of a log and the root of its tree as one line to write down, or to read out: `4711 0ac5 186a …`, the root as sixteen groups of four
/// hexadecimal digits.
public struct LogHead: Sendable, Hashable, CustomStringConvertible {
    public let size: UInt64
    public let root: TreeHash

    public init(size: UInt64, root: TreeHash) {
        self.size = size
        self.root = root
    }

    /// Reads the line in any spacing and case: what it is made of are a number, white space, and 64 hexadecimal digits.
    ///
    /// - Throws: `.malformed`.
    public init(parsing line: String) throws(LogError) {
        var words = line.utf8.split { $0 == 0x20 || (0x09...0x0D).contains($0) }
        // Without any spacing the root is what stands last.
        if words.count == 1, let word = words.first, word.count > 64 { words = [word.dropLast(64), word.suffix(64)] }
        let refusal = LogError(
            .malformed,
            "this is not the head of an audit log: its size and the 64 hexadecimal digits of its root are needed, as latchkey audit head prints them"
        )
        guard line.utf8.count <= 1024, let first = words.first, (1...19).contains(first.count),
            first.allSatisfy({ (0x30...0x39).contains($0) }),
            let size = UInt64(String(decoding: first, as: UTF8.self)), size <= MerkleTree.mostLeaves,
            let root = TreeHash(hexadecimal: Array(words.dropFirst().joined()))
        else { throw refusal }
        self.init(size: size, root: root)
    }

    public var description: String {
        let digits = Array(root.description.utf8)
        let groups = stride(from: 0, to: digits.count, by: 4).map { String(decoding: digits[$0..<$0 + 4], as: UTF8.self) }
        return "\(size) \(groups.joined(separator: " "))"
    }
}
