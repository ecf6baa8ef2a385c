import FoundationEssentials
import LatchkeyCrypto

/// The data files of `fixtures/crypto`.
enum Fixture {
    private static let folder = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().appending(path: "fixtures/crypto")

    static func bytes(_ name: String) throws -> [UInt8] { try Array(Data(contentsOf: folder.appending(path: name))) }

    static func secret(_ name: String) throws -> Secret { Secret(copying: try bytes(name)) }

    static func text(_ name: String) throws -> String { String(decoding: try bytes(name), as: UTF8.self) }

    static func json<T: Decodable>(_ name: String, as type: T.Type = T.self) throws -> T {
        try JSONDecoder().decode(type, from: Data(bytes(name)))
    }

    static func rsa2048() throws -> RSAPrivateKey { try RSAPrivateKey(pem: secret("rsa2048-pkcs8.pem")) }

    struct Cases<Case: Decodable & Sendable>: Decodable, Sendable { let cases: [Case] }

    static func cases<Case: Decodable & Sendable>(_ name: String) -> [Case] {
        // Swift: a test's arguments can't throw; a missing file must stop the run, not skip the test.
        try! json(name, as: Cases<Case>.self).cases
    }
}

/// Bytes written as hexadecimal in a data file.
struct Hex: Decodable, Sendable {
    let bytes: [UInt8]

    init(from decoder: any Decoder) throws {
        let digits = Array(try decoder.singleValueContainer().decode(String.self))
        bytes = stride(from: 0, to: digits.count, by: 2).map { UInt8(String(digits[$0...$0 + 1]), radix: 16)! }
    }
}

extension Secret {
    var copy: [UInt8] { withBytes { span in span.indices.map { span[$0] } } }
}

/// The code of the error that `body` throws; `nil` when it throws none.
func refusal<R>(_ body: () throws -> R) -> CryptoError.Code? {
    do {
        _ = try body()
        return nil
    } catch {
        return (error as? CryptoError)?.code
    }
}
