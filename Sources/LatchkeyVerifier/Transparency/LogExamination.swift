/// Derives the whole tree of a log anew from its entries, one after the other, and holds it against what is stored, what was signed, and what was
/// written down. Takes no memory to speak of, however long the log is.
package struct LogExamination: Sendable {
    /// A leaf as it lies in the store.
    package struct Leaf: Sendable, Equatable {
        package enum Body: Sendable, Equatable {
            case entry([UInt8])
            /// Retention removed it.
            case removed
            /// It was gone when a store was restored.
            case lost
            /// It is said to have been removed, and is there.
            case revived([UInt8])
            /// Nothing tells why it is not there.
            case missing
        }

        /// The entry's number; none when nobody can tell.
        package let sequence: UInt64?
        package let body: Body
        /// The hashes that are stored with it, in post-order; none for what is not there.
        package let nodes: [TreeHash?]

        package init(sequence: UInt64?, body: Body, nodes: [TreeHash?]) {
            self.sequence = sequence
            self.body = body
            self.nodes = nodes
        }
    }

    package private(set) var report: LogReport
    private let anchors: [TrustAnchor]
    private let knowsAll: Bool
    /// Heads that were written down, the smallest first.
    private var heads: [LogHead]
    private var tree = TreeFrontier()
    /// The same over the nodes as they are stored: so each node that does not follow from those right below it is told once.
    private var stacked = StoredFrontier()
    /// The size of the largest checkpoint that told of this log.
    private var good: UInt64 = 0

    /// - Parameters:
    ///   - install: whose log it is.
    ///   - heads: what was written down.
    ///   - anchors: who may have signed checkpoints; with none, signatures are not looked at.
    ///   - statements: who followed whom.
    ///   - knowsAll: whether these are all anchors that there ever were. Else one that is not known may have signed.
    package init(
        install: String, heads: [LogHead] = [], anchors: [TrustAnchor] = [], statements: [AnchorSuccession] = [], knowsAll: Bool = false
    ) {
        report = LogReport(install: install)
        self.anchors = anchors.flatMap { $0.line(statements, of: install) }
        self.knowsAll = knowsAll
        self.heads = heads.sorted { $0.size < $1.size }
        passHeads()
    }

    package var size: UInt64 { tree.size }

    /// The next part of the log.
    package mutating func take(_ page: LogPage) {
        var checkpoints = page.checkpoints[...]
        while let next = checkpoints.first, next.size <= tree.size { take(checkpoints.removeFirst()) }
        for leaf in page.leaves {
            take(leaf)
            while let next = checkpoints.first, next.size <= tree.size { take(checkpoints.removeFirst()) }
        }
        if page.isRagged { report.add(.ragged, LogFault.Place(leaf: tree.size, sequence: nil)) }
        for checkpoint in checkpoints { take(checkpoint) }
        for sequence in page.strays { report.add(.stray, LogFault.Place(leaf: nil, sequence: sequence)) }
    }

    private mutating func take(_ leaf: Leaf) {
        let index = tree.size
        let stored = leaf.nodes.first ?? nil
        // What is derived from here on is derived of what is stored, so that each entry that differs is told once, and nothing else.
        let hash = stored ?? Self.hash(of: leaf.body) ?? MerkleTree.emptyRoot
        tree.append(hash)
        let place = LogFault.Place(leaf: index, sequence: leaf.sequence)
        if leaf.sequence == nil { report.add(.unnumbered, place) }
        switch leaf.body {
        case .entry(let bytes):
            if let stored, MerkleTree.leafHash(bytes) != stored { report.add(.changed, place) }
        case .removed: report.noteAbsent(index, isLost: false)
        case .lost: report.noteAbsent(index, isLost: true)
        case .revived: report.add(.revived, place)
        case .missing: if leaf.sequence != nil { report.add(.missing, place) }
        }
        if stored == nil { report.add(.noLeaf, place) }
        let told = stacked.append(hash, stored: leaf.nodes)
        for level in told { report.add(.node(level: level), place) }
        report.size = tree.size
        passHeads()
    }

    /// They come in the order of their sizes, each right after its last leaf.
    private mutating func take(_ stored: LogPage.StoredCheckpoint) {
        let size = stored.size
        report.checkpoints += 1
        let place = LogFault.Place(leaf: size == 0 ? nil : size - 1, sequence: nil)
        guard let checkpoint = try? Checkpoint(parsing: stored.text), checkpoint.size == size,
            checkpoint.install.utf8.elementsEqual(report.install.utf8)
        else { return report.add(.checkpointForm(size: size), place) }
        let isSigned = anchors.isEmpty || anchors.contains { checkpoint.isSigned(by: $0) }
        if !isSigned {
            if knowsAll || anchors.contains(where: { checkpoint.note.names($0, as: checkpoint.origin) }) {
                report.add(.checkpointSignature(size: size), place)
            } else {
                report.strangers += 1
            }
        }
        if size > tree.size {
            report.add(.truncated(size: size), LogFault.Place(leaf: tree.size, sequence: nil))
        } else if checkpoint.root != tree.root {
            report.add(.checkpointRoot(size: size, good: good), place)
        } else if isSigned {
            // Another's word would move the place that is blamed.
            good = size
        }
    }

    /// What came out, once the last leaf was taken.
    package mutating func finish() -> LogReport {
        let size = tree.size
        report.root = tree.root
        for head in heads { report.judge(head, .beyond(size: size)) }
        return report
    }

    /// Holds heads of the tree's size of now against its root of now.
    private mutating func passHeads() {
        while let head = heads.first, head.size == tree.size {
            heads.removeFirst()
            report.judge(head, head.root == tree.root ? .extended : .rewritten)
        }
    }

    private static func hash(of body: Leaf.Body) -> TreeHash? {
        switch body {
        case .entry(let bytes), .revived(let bytes): MerkleTree.leafHash(bytes)
        case .removed, .lost, .missing: nil
        }
    }
}

/// The whole subtrees of a tree that is read, by what is stored for them.
private struct StoredFrontier: Sendable {
    private var size: UInt64 = 0
    private var peaks: [TreeHash] = []

    /// - Parameters:
    ///   - leaf: the leaf's hash.
    ///   - stored: what is stored with it: itself, and the roots of the subtrees that it completes.
    /// - Returns: the levels at which what is stored does not follow from the two below it.
    mutating func append(_ leaf: TreeHash, stored: [TreeHash?]) -> [Int] {
        var wrong: [Int] = []
        var hash = leaf
        for level in 1..<max(1, MerkleTree.nodes(withLeaf: size)) {
            let derived = MerkleTree.nodeHash(peaks.removeLast(), hash)
            let there = stored.indices.contains(level) ? stored[level] : nil
            if there != derived { wrong.append(level) }
            hash = there ?? derived
        }
        peaks.append(hash)
        size += 1
        return wrong
    }
}
