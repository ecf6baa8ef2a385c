import FoundationEssentials

/// Data files that the tests of every language share.
enum Fixture {
    private static let root = "/" + #filePath.split(separator: "/").dropLast(4).joined(separator: "/") + "/fixtures/"

    static func bytes(_ name: String) throws -> [UInt8] { try Array(Data(contentsOf: URL(filePath: root + name))) }

    static func text(_ name: String) throws -> String { String(decoding: try bytes(name), as: UTF8.self) }

    /// Where it is.
    static func path(_ name: String) -> String { root + name }
}
