import FoundationEssentials

/// The data files of `fixtures`.
enum Fixture {
    static func json(_ name: String) throws -> JSON {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        return try JSON(Array(Data(contentsOf: root.appending(path: "fixtures/" + name))))
    }
}
