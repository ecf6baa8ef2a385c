/// Something in a log that is not as it must be, with its place.
package struct LogFault: Sendable, Equatable, Codable {
    package enum Kind: Sendable, Equatable, Codable {
        /// The entry's bytes are not those that were hashed.
        case changed
        /// The entry is not there, and retention did not remove it.
        case missing
        /// The entry is marked as removed, and no entry of the log tells that it was.
        case untold
        /// The entry is said to have been removed, and one is there.
        case revived
        /// An entry is there that the tree knows nothing of.
        case stray
        /// The tree has no leaf for the entry.
        case noLeaf
        /// A node over the leaf is not what follows from the leaves below it.
        case node(level: Int)
        /// The tree ends within a leaf.
        case ragged
        /// Something lies between the hashes of the tree that is none.
        case misplaced
        /// No number is known for the entry of a leaf.
        case unnumbered
        /// A checkpoint can't be read, or is another log's.
        case checkpointForm(size: UInt64)
        case checkpointSignature(size: UInt64)
        /// An anchor has signed it that another had followed by then.
        case checkpointAnchor(size: UInt64)
        /// Entries are said to be from before the tree was there, and a checkpoint was signed over fewer.
        case genesis(size: UInt64, leaves: UInt64)
        /// There are checkpoints, and none of them is signed by an anchor that is trusted.
        case unsigned(checkpoints: Int)
        /// The log was another one when it had the size that a checkpoint tells of; it was not yet when it had the size of an earlier one.
        case checkpointRoot(size: UInt64, good: UInt64)
        /// A checkpoint tells of more entries than there are.
        case truncated(size: UInt64)
    }

    /// Where: the leaf's number in the log from 0, and the entry's own number.
    package struct Place: Sendable, Equatable, Codable {
        package let leaf: UInt64?
        package let sequence: UInt64?
    }

    package let kind: Kind
    package let place: Place

    /// What is wrong, as a sentence that names the place.
    package var sentence: String {
        switch kind {
        case .changed: "the audit entry \(name) is not the one that was hashed when it was written"
        case .missing: "the audit entry \(name) is gone, and retention did not remove it"
        case .untold: "the audit entry \(name) is gone, and no entry of the log tells that it was removed"
        case .revived: "the audit entry \(name) is there, and is said to have been removed"
        case .stray: "the audit entry \(name) is not in the log's tree"
        case .noLeaf: "the log's tree has no leaf for the audit entry \(name)"
        case .node(let level):
            "the node over leaves \(leaf &+ 1 &- (1 << UInt64(level))) to \(leaf), which ends with the audit entry \(name), does not follow from them"
        case .ragged: "the log's tree ends in the middle of leaf \(leaf)"
        case .misplaced: "something lies in the log's tree behind leaf \(leaf) that is no hash of it"
        case .unnumbered: "nobody can tell the number of the audit entry \(name)"
        case .checkpointForm(let size): "the checkpoint over \(size) entries can't be read, or is of another log"
        case .checkpointSignature(let size): "the checkpoint over \(size) entries is not signed by the trust anchor"
        case .checkpointAnchor(let size):
            "the checkpoint over \(size) entries is signed by a trust anchor that another one had followed by then"
        case .genesis(let size, let leaves):
            "the first \(leaves) entries are said to be from before the log had a tree, and a checkpoint was signed over \(size) of them"
        case .unsigned(let checkpoints):
            "of \(checkpoints) checkpoints none is signed by the trust anchor that was named, or by one that followed it: nothing shows whose log this is; "
                + "if that anchor is new, have a checkpoint signed with latchkey audit head"
        case .checkpointRoot(let size, let good):
            "the first \(size) entries are not those that a checkpoint was signed over: one from leaf \(good) up to leaf \(max(size, 1) - 1) was "
                + "changed, taken out or put in"
        case .truncated(let size): "a checkpoint was signed over \(size) entries, and the log ends before leaf \(leaf)"
        }
    }

    private var leaf: UInt64 { place.leaf ?? 0 }

    private var name: String {
        switch (place.sequence, place.leaf) {
        case (let sequence?, let leaf?): "\(sequence) (leaf \(leaf))"
        case (let sequence?, nil): "\(sequence)"
        case (nil, let leaf?): "at leaf \(leaf)"
        case (nil, nil): "somewhere"
        }
    }
}
