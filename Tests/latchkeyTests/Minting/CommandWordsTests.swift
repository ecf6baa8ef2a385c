import Glibc
import LatchkeyCrypto
import Testing

@testable import latchkey

@Suite struct CommandWordsTests {
    private static let text = "lk_0aB1cD2eF3gH4iJ5kL6mN7oP8qR9sT0uV1wX2yZ3aB4cD5eF6gH7"
    private var secret: Secret { Secret(copying: Array(Self.text.utf8)) }

    private func summary(_ words: String) -> String? { CommandWords.summary(of: Array(words.utf8), secret: secret) }

    @Test(arguments: [
        ("error: no such repository\n", "error: no such repository"), ("one\ntwo\n\n", "two"), ("one\r\ntwo\r\n", "two"),
        ("häßlich", "häßlich"),
        ("lk_0a", "lk_0a"), ("the key lk_ was 0aB1", "the key lk_ was 0aB1"),
    ])
    func `the last line is told`(words: String, line: String) { #expect(summary(words) == "its last words: " + line) }

    @Test(arguments: ["", "\n", " \t\r\n"]) func `silence is not told`(words: String) { #expect(summary(words) == nil) }

    @Test func `a long line is cut`() { #expect(summary(String(repeating: "é ", count: 4000))?.count == "its last words: ".count + 201) }

    private static let leaks: [String] = {
        let bytes = Array(text.utf8)
        let letters = text.map(String.init)
        let hexadecimal = bytes.map { String($0, radix: 16) }
        let octal = bytes.map { "\\" + ($0 < 64 ? "0" : "") + String($0, radix: 8) }
        var leaks = [text, text.lowercased(), String(text.reversed()), "harmless\n\(text)\nharmless\n"]
        leaks.append("before \(text.prefix(9))")
        leaks.append("the middle is \(text.dropFirst(20).prefix(6))")
        leaks.append(letters.joined(separator: "  "))
        leaks.append(letters.joined(separator: "\n"))
        leaks.append(hexadecimal.joined())
        leaks.append(hexadecimal.joined(separator: ":").uppercased())
        leaks.append(octal.joined())
        leaks.append(bytes.map { String($0) }.joined(separator: ","))
        return leaks
    }()

    @Test(arguments: leaks)
    func `of words that hold six characters of the secret nothing is told`(words: String) {
        #expect(summary(words) == "what it wrote is not shown: the secret was in it")
    }

    @Test(arguments: 0..<5) func `base64 is known wherever the secret stands in it`(skipped: Int) {
        let bytes = Array((String(repeating: "x", count: skipped) + Self.text + "yz").utf8)
        #expect(summary(Base64URL.encode(bytes)) == "what it wrote is not shown: the secret was in it")
    }

    @Test func `what is no text is not told`() {
        #expect(CommandWords.summary(of: [0x1F, 0x8B, 0x08, 0x00], secret: secret) == "what it wrote is no text")
    }
}

@Suite struct Destinations {
    @Test func `a repository's secret has an owner, a repository and a name`() {
        #expect(GitHubSecret("acme/site:KEY")?.arguments == ["secret", "set", "KEY", "--repo", "acme/site"])
        for text in ["", ":", "/:", "a/b:", "a/:K", "/b:K", "a/b:K:L", "a b/c:K", "a/b:K-L", "a/b:é"] { #expect(GitHubSecret(text) == nil) }
    }

    @Test func `a systemd credential is a file of its name, and one that is there is kept`() throws {
        let scratch = try ScratchDirectory()
        defer { scratch.remove() }
        let credential = try SystemdCredential(name: "sage.key", replaces: false, directory: scratch.path)
        #expect(credential.arguments == ["encrypt", "--name=sage.key", "-", scratch["sage.key"]])
        try scratch.write("mine", to: "sage.key")
        #expect(throws: CommandFailure(.failed, "")) { try SystemdCredential(name: "sage.key", replaces: false, directory: scratch.path) }
        #expect(throws: Never.self) { try SystemdCredential(name: "sage.key", replaces: true, directory: scratch.path) }
        #expect(throws: CommandFailure(.failed, "")) { try SystemdCredential(name: "k", replaces: false, directory: scratch["nowhere"]) }
        for name in ["", "-x", ".x", "a/b", "a b", "a:b", String(repeating: "a", count: 201)] {
            #expect(throws: CommandFailure(.usage, "")) { try SystemdCredential(name: name, replaces: true, directory: scratch.path) }
        }
    }
}
