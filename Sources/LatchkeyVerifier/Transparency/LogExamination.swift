/// Derives the whole tree of a log anew from its entries, one after the other, and holds it against what is stored, what was signed, and what was
/// written down. Takes no memory to speak of, however long the log is: a few bits for each entry that is not there.
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
    /// Who may have signed; with none, signatures are not looked at.
    private let anchors: [TrustAnchor]
    /// Of these, who followed whom, by their key ids.
    private let predecessors: [String: String]
    /// The leaf of the entry that tells that another followed an anchor: what that one signed since is not its install's word.
    private var ended: [String: UInt64] = [:]
    /// Who may have signed before these did.
    private let former: [TrustAnchor]
    /// Whether somebody said who may have signed; else the store itself did.
    private let isNamed: Bool
    /// Whether a checkpoint was met that one of them has signed.
    private var hasSigned = false
    /// Heads that were written down, the smallest first.
    private var heads: [LogHead]
    private var tree = TreeFrontier()
    /// The same over the nodes as they are stored: so each node that does not follow from those right below it is told once.
    private var stacked = StoredFrontier()
    /// The size of the largest checkpoint that told of this log.
    private var good: UInt64 = 0
    /// Leaves whose entries are said to have been removed, or lost.
    private var removed = LeafSet()
    private var lost = LeafSet()
    /// Of both, those that no entry has told of so far. It comes after them.
    private var untold = LeafSet()
    /// Where the numbers of the entries go another way than their leaves': the leaf, and its number.
    private var numbering: [(leaf: UInt64, sequence: UInt64)] = []

    /// - Parameters:
    ///   - install: whose log it is.
    ///   - heads: what was written down.
    ///   - anchors: whom the reader trusts to have signed checkpoints; with none, those that the store names.
    ///   - statements: who followed whom.
    ///   - known: all anchors that there ever were, as the store names them.
    package init(
        install: String, heads: [LogHead] = [], anchors: [TrustAnchor] = [], statements: [AnchorSuccession] = [],
        known: [TrustAnchor] = []
    ) {
        report = LogReport(install: install)
        isNamed = !anchors.isEmpty
        let lines = (isNamed ? anchors : known).map { $0.line(statements, of: install) }
        self.anchors = isNamed ? lines.flatMap(\.self) : known
        former = isNamed ? known : []
        predecessors = Dictionary(
            lines.flatMap { line in zip(line.dropFirst(), line).map { ($0.keyId, $1.keyId) } }, uniquingKeysWith: { first, _ in first })
        self.heads = heads.sorted { $0.size < $1.size }
        passHeads()
    }

    package var size: UInt64 { tree.size }

    /// What is known of entries from before the tree was there; told before the first leaf. What they say of leaves is of no tree that is known.
    package var genesis: LogGenesis? {
        get { report.genesis }
        set { report.genesis = newValue }
    }

    /// Whether entries are missing that a later one may tell of.
    package var awaitsNotes: Bool { !untold.isEmpty }

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
        for leaf in page.misplaced { report.add(.misplaced, LogFault.Place(leaf: leaf, sequence: nil)) }
        for sequence in page.strays { report.add(.stray, LogFault.Place(leaf: nil, sequence: sequence)) }
    }

    private mutating func take(_ leaf: Leaf) {
        let index = tree.size
        let stored = leaf.nodes.first ?? nil
        // What is derived from here on is derived of what is stored, so that each entry that differs is told once, and nothing else.
        let hash = stored ?? Self.hash(of: leaf.body) ?? MerkleTree.emptyRoot
        tree.append(hash)
        let place = LogFault.Place(leaf: index, sequence: leaf.sequence)
        if let sequence = leaf.sequence {
            if number(of: index) != sequence { numbering.append((index, sequence)) }
        } else {
            report.add(.unnumbered, place)
        }
        switch leaf.body {
        case .entry(let bytes):
            if let stored { if MerkleTree.leafHash(bytes) == stored { take(bytes, at: index) } else { report.add(.changed, place) } }
        case .removed:
            removed.insert(index)
            untold.insert(index)
        case .lost:
            lost.insert(index)
            untold.insert(index)
        case .revived(let bytes):
            report.add(.revived, place)
            if let stored, MerkleTree.leafHash(bytes) == stored { take(bytes, at: index) }
        case .missing: if leaf.sequence != nil { report.add(.missing, place) }
        }
        if stored == nil { report.add(.noLeaf, place) }
        let told = stacked.append(hash, stored: leaf.nodes)
        for level in told { report.add(.node(level: level), place) }
        report.size = tree.size
        passHeads()
    }

    /// An entry whose bytes are those that were hashed.
    private mutating func take(_ entry: [UInt8], at index: UInt64) {
        if !predecessors.isEmpty, let next = EntryText.metadata(entry, of: "anchor.succeeded")?["to"], let former = predecessors[next],
            ended[former] == nil
        {
            ended[former] = index
        }
        guard !untold.isEmpty, index >= genesis?.leaves ?? 0, let note = RemovalNote(entry: entry) else { return }
        for range in note.leaves.within(0..<index).ranges { untold.remove(range) }
    }

    /// The number of a leaf's entry, as the numbering goes that was met last.
    private func number(of leaf: UInt64) -> UInt64? {
        var (low, high) = (0, numbering.count)
        while low < high {
            let middle = (low + high) / 2
            if numbering[middle].leaf <= leaf { low = middle + 1 } else { high = middle }
        }
        return low == 0 ? nil : numbering[low - 1].sequence &+ (leaf - numbering[low - 1].leaf)
    }

    /// They come in the order of their sizes, each right after its last leaf.
    private mutating func take(_ stored: LogPage.StoredCheckpoint) {
        let size = stored.size
        report.checkpoints += 1
        let place = LogFault.Place(leaf: size == 0 ? nil : size - 1, sequence: nil)
        guard let checkpoint = try? Checkpoint(parsing: stored.text), checkpoint.size == size,
            checkpoint.install.utf8.elementsEqual(report.install.utf8)
        else { return report.add(.checkpointForm(size: size), place) }
        let signers = anchors.filter { checkpoint.isSigned(by: $0) }
        let isSigned = anchors.isEmpty || signers.contains { size <= ended[$0.keyId] ?? .max }
        if isSigned {
            hasSigned = true
            if let genesis, size < genesis.leaves { report.add(.genesis(size: size, leaves: genesis.leaves), place) }
        } else if !signers.isEmpty {
            report.add(.checkpointAnchor(size: size), place)
        } else if !hasSigned, former.contains(where: { checkpoint.isSigned(by: $0) }) {
            // The store says that it had another anchor then. What that one signed says nothing here, and those who came after it have signed all of it.
            report.strangers += 1
        } else {
            report.add(.checkpointSignature(size: size), place)
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
        // Else whoever has a key could have signed everything.
        if isNamed, !hasSigned, report.checkpoints > 0 {
            report.add(.unsigned(checkpoints: report.checkpoints), LogFault.Place(leaf: nil, sequence: nil))
        }
        untold.forEachRange { leaves in
            for leaf in leaves { report.insert(.untold, LogFault.Place(leaf: leaf, sequence: number(of: leaf))) }
            return true
        }
        removed.subtract(untold)
        lost.subtract(untold)
        report.noteAbsent(removed: removed, lost: lost)
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
