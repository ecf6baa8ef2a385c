/// A part of a log as it lies in the store: leaves one after the other, and what stands beside them.
package struct LogPage: Sendable, Equatable {
    package struct StoredCheckpoint: Sendable, Equatable {
        /// The size that it is stored under.
        package let size: UInt64
        package let text: [UInt8]

        package init(size: UInt64, text: [UInt8]) {
            self.size = size
            self.text = text
        }
    }

    /// The number of the first leaf.
    package let first: UInt64
    package var leaves: [LogExamination.Leaf] = []
    /// Checkpoints over as many leaves as there are before one of these; on the last page, those over more leaves than there are, too.
    package var checkpoints: [StoredCheckpoint] = []
    /// Numbers of entries that no leaf is for.
    package var strays: [UInt64] = []
    /// Leaves behind which something lies in the tree that has no place there.
    package var misplaced: [UInt64] = []
    /// Whether hashes follow the last leaf that are none.
    package var isRagged = false

    package init(first: UInt64) { self.first = first }
}
