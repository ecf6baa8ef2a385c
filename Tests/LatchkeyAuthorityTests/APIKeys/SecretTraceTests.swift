@testable import LatchkeyAuthority
import LatchkeyStore
import LatchkeyVerifier
import Testing

@Suite("The secret of an API key")
struct SecretTraceTests {
    /// Where its hash is, to authenticate by.
    private static let hashes: Set<String> = ["api-keys-by-hash", "api-key-hashes"]

    @Test("is in no event, no row of the store but its hash's, and no answer but the first, whatever its kind and however it came to be")
    func nowhere() async throws {
        let install = try Install()
        let watcher = try install.watch()
        let identity = try await install.identity("bot", ["*"])
        let service = try await install.key(["*"], expiresIn: 30 * 86_400)
        let token = try await install.organisationToken("root", by: install.caller(service))
        let own = try await install.selfService(by: install.caller(install.issue(identity)))
        let secrets = try await [
            service, token, own, install.rotate(service, overlap: 60), install.rotate(token), install.rotate(own, by: install.caller(own)),
        ].map(\.secret)
        // what is refused and told of, too
        for secret in secrets { _ = try? install.authority.authenticate(apiKey: secret, origin: RequestOrigin()) }
        install.clock.advance(seconds: 25 * 86_400)
        while await install.authority.upkeep() {}
        _ = try await install.revokeAll(from: service)
        await install.authority.flush(all: true)

        let events = await signals(watcher).compactMap { signal -> AuthorityEvent? in
            if case .event(let event) = signal { event } else { nil }
        }
        #expect(
            Set(events.map(\.type)).isSuperset(of: [
                "api_key.created", "api_key.rotated", "api_key.denied", "api_key.expiring", "api_key.revoked",
            ]))
        let contents = try install.contents()
        let shown = try install.authority.apiKeys(PageRequest(limit: "100", cursor: nil, kind: .apiKey), by: install.admin).elements
        #expect(shown.count == 6)
        for trace in secrets.flatMap(traces) {
            #expect(!events.contains { contains($0.json, trace) })
            #expect(!shown.contains { contains(Array("\($0)".utf8), trace) })
            for (table, rows) in contents where !Self.hashes.contains(table) {
                #expect(!rows.contains { contains($0.key, trace) || contains($0.value, trace) }, "\(table)")
            }
        }
        for secret in secrets {
            let text = Array(secret.utf8)
            for table in Self.hashes { #expect(!contents[table]!.contains { contains($0.key, text) || contains($0.value, text) }) }
        }
    }
}
