@testable import LatchkeyAuthority
import LatchkeyCrypto
import Testing

@Suite struct SecretScannerTests {
    private static func text(_ secret: Secret) -> String {
        secret.withBytes { span in String(decoding: span.indices.map { span[$0] }, as: UTF8.self) }
    }

    private static func apiKey() throws -> String { text(try APIKeySecret.make().text) }
    private static func refreshToken() throws -> String { text(try RefreshSecret.make().text) }

    /// - Parameter cut: of how many bytes the pieces are.
    private static func found(in bytes: [UInt8], cut: Int = .max) -> [SecretScanner.Finding] {
        var scanner = SecretScanner()
        var found: [SecretScanner.Finding] = []
        var start = 0
        while start < bytes.count {
            let end = min(bytes.count, cut == .max ? bytes.count : start + cut)
            scanner.scan(bytes.span.extracting(start..<end)) { found.append($0) }
            start = end
        }
        return found
    }

    @Test func `both kinds are found with their prefix, line and offset, wherever the bytes are cut`() throws {
        let (key, token) = (try Self.apiKey(), try Self.refreshToken())
        let text = "first\nkey=\(key)\n\nAuthorization: \(token)\n\(key)\(key)"
        let wanted: [SecretScanner.Finding] = [
            .init(kind: .apiKey, prefix: String(key.prefix(11)), offset: 10, line: 2),
            .init(kind: .refreshToken, prefix: String(token.prefix(11)), offset: 79, line: 4),
            .init(kind: .apiKey, prefix: String(key.prefix(11)), offset: 133, line: 5),
            .init(kind: .apiKey, prefix: String(key.prefix(11)), offset: 185, line: 5),
        ]
        for cut in [1, 2, 3, 51, 52, 53, .max] { #expect(Self.found(in: Array(text.utf8), cut: cut) == wanted) }
    }

    @Test(arguments: [
        ("", ""), ("x-api-key: ", "\r\n"), ("{\"key\":\"", "\"}"), ("\\n", "\\n"), ("?key%3D", "%26"), ("lk_", ""), ("lkr_", ""),
        ("lk_lk_0000", ""),
        ("__lk", "lk_"), ("0123456789", "0123456789"), ("\u{1B}[1m", "\u{1B}[0m"), ("ünï", "ünï"),
        ("lk_" + String(repeating: "0", count: 48), ""),
    ])
    func `what stands round a secret does not hide it`(before: String, after: String) throws {
        let key = try Self.apiKey()
        let found = Self.found(in: Array((before + key + after).utf8))
        #expect(found.map(\.prefix) == [String(key.prefix(11))])
        #expect(found.first?.offset == Int64(before.utf8.count))
    }

    @Test func `text in UTF-16 is read too`() throws {
        let key = try Self.apiKey()
        let little = Array(("\u{FEFF}a\n" + key + "\n").utf16).flatMap { [UInt8(truncatingIfNeeded: $0), UInt8($0 >> 8)] }
        let big = Array(("\u{FEFF}a\n" + key + "\n").utf16).flatMap { [UInt8($0 >> 8), UInt8(truncatingIfNeeded: $0)] }
        #expect(Self.found(in: little).first == .init(kind: .apiKey, prefix: String(key.prefix(11)), offset: 6, line: 2))
        #expect(Self.found(in: big).first == .init(kind: .apiKey, prefix: String(key.prefix(11)), offset: 7, line: 2))
    }

    @Test func `no change of one character, and no piece of a secret, is one`() throws {
        for secret in [try Self.apiKey(), try Self.refreshToken()] {
            let bytes = Array(secret.utf8)
            for place in bytes.indices {
                for other in "0aZ9_-".utf8 where other != bytes[place] {
                    var changed = bytes
                    changed[place] = other
                    #expect(Self.found(in: changed).isEmpty)
                }
                #expect(Self.found(in: Array(bytes[..<place])).isEmpty)
                var shorter = bytes
                shorter.remove(at: place)
                #expect(Self.found(in: shorter).isEmpty)
                var broken = bytes
                broken.insert(UInt8(ascii: "\n"), at: place)
                #expect(Self.found(in: broken).isEmpty == (place > 0))
            }
        }
    }

    @Test func `an API key's secret with the other prefix is no refresh token`() throws {
        let key = try Self.apiKey()
        #expect(Self.found(in: Array(("lkr_" + key.dropFirst(3)).utf8)).isEmpty)
    }

    @Test func `of many secrets all are found, and of many look-alikes none`() throws {
        var secrets: [UInt8] = []
        for _ in 0..<2000 { secrets += Array((try Self.apiKey() + " " + Self.refreshToken() + "\n").utf8) }
        let found = Self.found(in: secrets, cut: 4096)
        #expect(found.count == 4000 && found.last?.line == 2000)
        var generator = SystemRandomNumberGenerator()
        let digits = Array("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8)
        var others: [UInt8] = []
        for _ in 0..<20_000 {
            others += Array("lk_".utf8) + (0..<49).map { _ in digits[Int.random(in: 0..<62, using: &generator)] } + [UInt8(ascii: "\n")]
        }
        #expect(Self.found(in: others, cut: 4096).isEmpty)
    }
}
