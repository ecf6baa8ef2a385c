import FoundationEssentials
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
        scanner.finish { found.append($0) }
        return found
    }

    @Test func `both kinds are found with their prefix, line and offset, wherever the bytes are cut`() throws {
        let (key, token) = (try Self.apiKey(), try Self.refreshToken())
        let text = "first\nkey=\(key)\n\nAuthorization: \(token)\n\(key)\(key)"
        for cut in [1, 2, 3, 51, 52, 53, .max] {
            let found = Self.found(in: Array(text.utf8), cut: cut)
            #expect(found.map(\.kind) == [.apiKey, .refreshToken, .apiKey, .apiKey])
            #expect(found.map(\.prefix) == [key, token, key, key].map { String($0.prefix(11)) })
            #expect(found.map(\.offset) == [10, 79, 133, 185] && found.map(\.line) == [2, 4, 5, 5])
            #expect(found.map { Self.text($0.secret) } == [key, token, key, key])
            #expect(found[0].hash == found[2].hash && found[0].hash != found[1].hash)
        }
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
        for (bytes, offset) in [(little, 6), (big, 7)] {
            let found = try #require(Self.found(in: bytes).first)
            #expect(Self.text(found.secret) == key && found.offset == Int64(offset) && found.line == 2)
        }
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

    @Test(arguments: ["", "x", "xy", "xyz", "user:", "{\"key\":\"", "\u{FEFF}ünï\n"], ["", "\n", "12", "\"}"])
    func `in base64 a secret is found wherever it stands`(before: String, after: String) throws {
        for secret in [try Self.apiKey(), try Self.refreshToken()] {
            let bytes = Array((before + secret + after).utf8)
            let padded = Data(bytes).base64EncodedString()
            for (text, end) in [(padded, ""), (padded, "\n"), (Base64URL.encode(bytes), ""), (Base64URL.encode(bytes), "\"")] {
                for cut in [1, 7, .max] {
                    let found = Self.found(in: Array(("data:\n  key: " + text + end).utf8), cut: cut)
                    #expect(found.map(\.prefix) == [String(secret.prefix(11))])
                    #expect(found.first?.line == 2 && found.first?.offset == Int64(13 + before.utf8.count / 3 * 4))
                }
            }
        }
    }

    @Test func `text in UTF-16 is read in base64, too`() throws {
        let key = try Self.apiKey()
        let bytes = ("$key = '" + key + "'").utf16.flatMap { [UInt8(truncatingIfNeeded: $0), UInt8($0 >> 8)] }
        #expect(Self.found(in: Array(Data(bytes).base64EncodedString().utf8)).map(\.prefix) == [String(key.prefix(11))])
    }

    @Test func `base64 of a look-alike, and of a part of a secret, is none`() throws {
        let key = try Self.apiKey()
        let other = String(key.dropLast()) + (key.hasSuffix("0") ? "1" : "0")
        for text in [other, String(key.dropLast()), String(key.dropFirst())] {
            #expect(Self.found(in: Array(Data(text.utf8).base64EncodedString().utf8)).isEmpty)
        }
        let whole = Array(Data(key.utf8).base64EncodedString().utf8)
        #expect(Self.found(in: Array(whole.dropLast(4))).isEmpty)
        #expect(Self.found(in: Array(whole[..<40]) + [UInt8(ascii: "\n")] + Array(whole[40...])).isEmpty)
    }

    @Test func `what is read last makes no secret with what another run began`() throws {
        let key = Array(try Self.apiKey().utf8)
        var scanner = SecretScanner()
        var found: [SecretScanner.Finding] = []
        scanner.scan(Array(Base64URL.encode(Array(key[..<30])).utf8).span) { found.append($0) }
        scanner.scan(Array((" " + Base64URL.encode(Array(key[30...]))).utf8).span) { found.append($0) }
        scanner.finish { found.append($0) }
        #expect(found.isEmpty)
    }

    @Test func `of many secrets all are found, and of a hundred thousand look-alikes none`() throws {
        var secrets: [UInt8] = []
        for _ in 0..<2000 { secrets += Array((try Self.apiKey() + " " + Self.refreshToken() + "\n").utf8) }
        let found = Self.found(in: secrets, cut: 4096)
        #expect(found.count == 4000 && found.last?.line == 2000)
        let digits = Array("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8)
        let random = try Random.bytes(100_000 * 49)
        var others: [UInt8] = []
        others.reserveCapacity(100_000 * 53)
        for start in stride(from: 0, to: random.count, by: 49) {
            others += start % 2 == 0 ? Array("lk_".utf8) : Array("lkr_".utf8)
            for place in start..<start + 49 { others.append(digits[Int(random[place]) % 62]) }
            others.append(UInt8(ascii: "\n"))
        }
        #expect(Self.found(in: others, cut: 65_536).isEmpty)
    }
}
