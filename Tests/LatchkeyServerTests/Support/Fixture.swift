import FoundationEssentials

/// The data files of `fixtures`.
enum Fixture {
    static func json(_ name: String) throws -> JSON { try JSON(Array(bytes(name))) }

    static func text(_ name: String) throws -> String { String(decoding: try bytes(name), as: UTF8.self) }

    private static func bytes(_ name: String) throws -> Data {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        return try Data(contentsOf: root.appending(path: "fixtures/" + name))
    }
}
