/// Reads of an entry of the log what a look at the whole has to know, in the one form in which every entry is written.
enum EntryText {
    /// What an entry of this action tells; `nil` for any other.
    static func metadata(_ entry: [UInt8], of action: String) -> [String: String]? { (try? read(entry, action)) ?? nil }

    private static func read(_ entry: [UInt8], _ action: String) throws -> [String: String]? {
        var reader = CanonicalReader(entry)
        let metadata: [String: String]? = try reader.object { reader in
            try reader.key("id")
            _ = try reader.text()
            try reader.key("seq")
            _ = try reader.integer(in: 0...Int64.max)
            try reader.key("timestamp")
            _ = try reader.text()
            try reader.key("action")
            guard try reader.text().elementsEqual(action.utf8) else { throw Another() }
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
            var found: [String: String] = [:]
            try reader.members { reader, name in found[name] = try reader.string() }
            if reader.takesKey("ip") { _ = try reader.text() }
            if reader.takesKey("userAgent") { _ = try reader.text() }
            try reader.key("requestId")
            _ = try reader.text()
            return found
        }
        try reader.end()
        return metadata
    }

    private struct Another: Error {}
}
