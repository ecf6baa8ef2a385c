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
        guard let leaves = try? Self.leaves(entry) else { return nil }
        self.leaves = leaves
    }

    /// Reads the members in the order in which every entry has them.
    private static func leaves(_ entry: [UInt8]) throws -> LeafRanges? {
        var reader = CanonicalReader(entry)
        let leaves: LeafRanges? = try reader.object { reader in
            try reader.key("id")
            _ = try reader.text()
            try reader.key("seq")
            _ = try reader.integer(in: 0...Int64.max)
            try reader.key("timestamp")
            _ = try reader.text()
            try reader.key("action")
            guard try reader.text() == Array(action.utf8) else { throw NoNote() }
            try reader.key("actor")
            _ = try reader.text()
            if reader.takesKey("identityId") { _ = try reader.text() }
            try reader.key("orgId")
            _ = try reader.text()
            if reader.takesKey("workspaceId") { _ = try reader.text() }
            if reader.takesKey("plane") { _ = try reader.text() }
            if reader.takesKey("resource") { _ = try reader.text() }
            try reader.key("result")
            _ = try reader.text()
            try reader.key("metadata")
            var leaves: LeafRanges?
            try reader.members { reader, name in
                let value = try reader.string()
                if name == member { leaves = LeafRanges(value) }
            }
            if reader.takesKey("ip") { _ = try reader.text() }
            if reader.takesKey("userAgent") { _ = try reader.text() }
            try reader.key("requestId")
            _ = try reader.text()
            return leaves
        }
        try reader.end()
        return leaves
    }

    private struct NoNote: Error {}
}
