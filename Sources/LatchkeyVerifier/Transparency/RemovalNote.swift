/// An entry of a log that tells which entries were removed: written in the commit that removes them, and a leaf like any other. A mark in the
/// store anybody can set who can write it; an entry has its place in the tree, before which no more can be put in.
package struct RemovalNote: Sendable, Equatable {
    /// What such an entry says was done.
    package static let action = "audit.removed"
    /// The member of its metadata that names the leaves.
    package static let member = "leaves"

    package let leaves: LeafRanges

    /// - Parameter entry: an entry's bytes.
    /// - Returns: `nil` for any other entry.
    package init?(entry: [UInt8]) {
        guard let text = EntryText.metadata(entry, of: Self.action)?[Self.member], let leaves = LeafRanges(text) else { return nil }
        self.leaves = leaves
    }
}
