import FoundationEssentials
@testable import LatchkeyAuthority
import LatchkeyScopes
import LatchkeyStore
import LatchkeyVerifier
import Testing

/// The rows of `fixtures/authorize-file.json`.
struct FilePathCase: Decodable, Sendable, CustomTestStringConvertible {
    enum Expected: String, Decodable, Sendable { case allowed, denied, invalid }

    let grants: [String]
    let action: String
    let path: String
    let expected: Expected
    /// The rule that was broken, when it is invalid.
    let reason: String?
    /// The scope as it was understood, when it is not the path as it came.
    let understood: String?
    let why: String?

    var testDescription: String { "\(action) \(path.debugDescription) \(expected)\(why.map { ": \($0)" } ?? "")" }

    static let all: [FilePathCase] = {
        let path = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        do {
            return try JSONDecoder().decode(
                [FilePathCase].self, from: Data(contentsOf: URL(filePath: "/\(path)/fixtures/authorize-file.json")))
        } catch {
            fatalError("fixtures/authorize-file.json can't be read: \(error)")
        }
    }()
}

@Suite("Authorization of a file")
struct FilePathTests {
    /// One install for all rows: they change nothing but what is counted.
    private static let install = Result { try Install() }

    @Test("keeps to the borders of directories, whatever the path is made of", arguments: FilePathCase.all)
    func row(_ row: FilePathCase) async throws {
        let install = try Self.install.get()
        let caller = try await install.caller(install.key(row.grants))
        let understood = row.understood ?? "relayfile:fs:\(row.action):\(row.path)"
        do {
            let matched = try install.authority.authorize(path: row.path, action: row.action, by: caller)
            #expect(row.expected == .allowed)
            #expect(caller.principal.scopes.texts.contains(matched.text))
        } catch let error as AuthorityError {
            switch row.expected {
            case .allowed: Issue.record(error)
            case .denied: #expect(error.code == .insufficientScope && error.text("required") == understood)
            case .invalid: #expect(error.code == .invalidScope && error.text("reason") == row.reason)
            }
        }
    }

    @Test("in the fixtures has rows of each outcome, and each says why")
    func fixtures() {
        for expected in [FilePathCase.Expected.allowed, .denied, .invalid] {
            #expect(FilePathCase.all.count { $0.expected == expected } >= 10)
        }
        #expect(FilePathCase.all.allSatisfy { ($0.reason != nil) == ($0.expected == .invalid) && $0.why != nil })
    }
}
