import LatchkeyAuthority
import LatchkeyCrypto
import LatchkeyScopes
import Testing

@Suite("A token that would be too large to be presented")
struct LargeTokenTests {
    private func scopes(_ length: Int, _ character: Character) -> [String] {
        (100..<200).map { "relaycast:x:read:\($0)" + String(repeating: character, count: length) }
    }

    @Test("is refused at its issue, whatever its characters become as JSON", arguments: [(200, "a"), (236, "\"")] as [(Int, Character)])
    func refused(_ length: Int, _ character: Character) async throws {
        let install = try Install()
        let identity = try await install.identity("large", ["relaycast:x:read:*"])
        let asked = scopes(length, character)
        let error = await refusal { _ = try await install.issue(identity, { $0.scopes = asked }) }
        #expect(error?.code == .invalidRequest)
        let field = error?.details.first { $0.name == "field" }
        #expect(field?.value == .text("scopes"))
    }

    @Test("is issued and refreshed while it still fits")
    func fits() async throws {
        let install = try Install()
        let identity = try await install.identity("large", ["relaycast:x:read:*"])
        let pair = try await install.issue(identity) { $0.scopes = scopes(60, "a") }
        let next = try await install.refresh(pair)
        #expect(next.accessToken.count < 16 * 1024)
        #expect(try install.isLive(next))
    }
}
