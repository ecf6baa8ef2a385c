import Testing

@testable import latchkey

/// What is typed in the wrong place is not repeated where logs are made of it.
@Suite struct RedactedTests {
    static let key = "lk_D3WbmhvC" + String(repeating: "x", count: 40)
    static let refreshToken = "lkr_" + String(repeating: "y", count: 40)
    static let token = "eyJhbGciOiJSUzI1NiIsImtpZCI6IngifQ.eyJzdWIiOiJhZ2VudF8ifQ.c2lnbmF0dXJl"

    @Test(arguments: [
        ("unexpected argument '\(RedactedTests.key)'", "unexpected argument 'lk_…'"),
        ("\(RedactedTests.refreshToken) can't be read", "lkr_… can't be read"),
        ("--jwks=\(RedactedTests.token): no", "--jwks=eyJ…: no"),
        ("a/\(RedactedTests.key)/b and \(RedactedTests.token)", "a/lk_…/b and eyJ…"),
        ("-----BEGIN PRIVATE KEY-----\nMIG", "-----BEGIN …"), ("the API key lk_D3WbmhvC ends", "the API key lk_D3WbmhvC ends"),
        ("an API key begins with lk_", "an API key begins with lk_"), ("é lk", "é lk"), ("", ""),
    ])
    func `a secret shows its kind alone, and the rest of the text stays`(text: String, shown: String) {
        #expect(Redacted.text(text) == shown)
    }

    @Test(arguments: [
        ["KEY"], ["api-keys", "KEY"], ["verify", "--jwks", "KEY", "x"], ["backup", "verify", "KEY"], ["fsck", "--state-dir", "KEY"],
    ])
    func `no command repeats one among its arguments`(arguments: [String]) async throws {
        for secret in [Self.key, Self.refreshToken, Self.token] {
            let run = try await Tool.run(arguments.map { $0.replacing("KEY", with: secret) })
            #expect(run.code != 0 && !run.errors.isEmpty && !run.errors.contains(secret) && !run.output.contains(secret), "\(run.errors)")
        }
    }
}
