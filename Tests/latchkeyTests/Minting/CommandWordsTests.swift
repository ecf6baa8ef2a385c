import Glibc
import LatchkeyCrypto
import Testing

@testable import latchkey

@Suite struct CommandWordsTests {
    private static let secret = "lk_0aB1cD2eF3gH4iJ5kL6mN7oP8qR9sT0uV1wX2yZ3aB4cD5eF6gH7"
    private static let hidden =
        "what it wrote is not shown, because it had the secret (to see it, run the command with something else on its standard input)"

    private func summary(_ words: [UInt8], taken: ChildProcess.Taken) -> String? {
        CommandWords.summary(of: ChildProcess.Outcome(ending: .exited(1), taken: taken, words: words))
    }

    @Test(arguments: [
        ("error: no such repository\n", "error: no such repository"), ("one\ntwo\n\n", "two"), ("one\r\ntwo\r\n", "two"),
        ("häßlich", "häßlich"), ("HTTP 404", "HTTP 404"),
    ])
    func `of what has taken nothing, the last line is told`(words: String, line: String) {
        #expect(summary(Array(words.utf8), taken: .nothing) == "its last words: " + line)
    }

    @Test(arguments: ["", "\n", " \t\r\n"], [ChildProcess.Taken.nothing, .some, .all])
    func `silence is not told`(words: String, taken: ChildProcess.Taken) { #expect(summary(Array(words.utf8), taken: taken) == nil) }

    @Test func `a long line is cut`() {
        let words = Array(String(repeating: "é ", count: 4000).utf8)
        #expect(summary(words, taken: .nothing)?.count == "its last words: ".count + 201)
    }

    @Test func `what is no text is not told`() {
        #expect(summary([0x1F, 0x8B, 0x08, 0x00], taken: .nothing) == "what it wrote is no text")
    }

    /// The secret in forms that programs write, and one letter at a time among others.
    private static let leaks: [String] = {
        let letters = secret.map(String.init)
        let numbers = secret.utf8.map { Int($0) }
        return [
            secret, String(secret.prefix(4)), String(secret.reversed()), secret.lowercased(), "harmless\n\(secret)\nharmless\n",
            letters.joined(separator: " is a letter, and so is "), letters.joined(separator: "\n"),
            numbers.map { String($0, radix: 16) }.joined(), numbers.map { String($0, radix: 2) }.joined(separator: " "),
            numbers.map { String($0 + 1) }.joined(separator: ","), Base64URL.encode(Array(("x" + secret).utf8)),
        ]
    }()

    @Test(arguments: leaks, [ChildProcess.Taken.some, .all])
    func `of what has taken any of the secret, no word is repeated`(words: String, taken: ChildProcess.Taken) {
        #expect(summary(Array(words.utf8), taken: taken) == Self.hidden)
    }

    @Test func `what it complains of is told in words of ours, and nothing with it`() {
        let words = Array("gh: HTTP 404: Not Found for \(Self.secret)\n".utf8)
        #expect(
            summary(words, taken: .all)
                == #"it complained of "http 404" and "not found"; the rest is not shown, because it had the secret (to see it, run the "#
                + "command with something else on its standard input)")
    }

    @Test func `every complaint is found in a sentence of its own`() {
        for complaint in CommandWords.complaints {
            #expect(summary(Array("x: \(complaint.uppercased()).".utf8), taken: .all)?.contains("\"\(complaint)\"") == true)
        }
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
