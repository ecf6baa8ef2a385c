import FoundationEssentials
import LatchkeyCrypto

/// Files of `fixtures`.
enum Fixture {
    private static let root = "/" + #filePath.split(separator: "/").dropLast(4).joined(separator: "/") + "/fixtures/"

    static func data(_ path: String) throws -> Data { try Data(contentsOf: URL(filePath: root + path)) }

    /// A key of `fixtures/crypto`.
    static func pem(_ name: String) throws -> Secret { Secret(copying: Array(try data("crypto/\(name).pem"))) }
}
