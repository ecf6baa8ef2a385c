@testable import LatchkeyAuthority
import LatchkeyScopes
import LatchkeyStore
import LatchkeyVerifier
import Testing

@Suite("The limit of keys that hold everything")
struct OrganisationTokenLimitTests {
    /// The ways to come by something that holds `*:*:*:*`.
    enum Way: CaseIterable, Sendable {
        case organisationToken, serviceKey, inParts, planeByPlane, selfService, subAgent, rotation, identity, widenedIdentity
    }

    /// A root key that holds everything, and an identity with a token that came from it.
    private struct Root {
        let key: Minted
        let identity: IdentityRecord
        let pair: TokenPair
    }

    private func root(_ name: String, in install: Install) async throws -> Root {
        let key = try await install.key(["*"])
        let caller = try install.caller(key, from: nil)
        let identity = try await install.identity(name, ["*"], by: caller)
        // The identity has been counted, too.
        install.clock.advance(seconds: 3600)
        let pair = try await install.issue(identity, { $0.expiresIn = 86_400 }, by: caller)
        return Root(key: key, identity: identity, pair: pair)
    }

    /// Goes one of the ways; says what it was refused with.
    private func go(_ way: Way, _ root: Root, from address: String?, in install: Install) async throws -> AuthorityError? {
        let caller = try install.caller(root.key, from: address)
        let spare = way == .rotation ? try await install.key(["*"]) : nil
        let number = try install.counts()["audit"]!
        let narrow = way == .widenedIdentity ? try await install.identity("narrow \(number)", ["relayfile:fs:read:*"]) : nil
        return await refusal {
            switch way {
            case .organisationToken: _ = try await install.organisationToken(by: caller)
            case .serviceKey: _ = try await install.key(["relayfile:fs:read:*", "*"], by: caller)
            case .inParts:
                let actions = ["manage", "run", "send", "invoke", "trigger"]
                _ = try await install.key(actions.map { "*:*:\($0):*" }, by: caller)
            case .planeByPlane:
                _ = try await install.key(install.authority.settings.planes.names.map { "\($0):*:*:*" }, by: caller)
            case .identity: _ = try await install.identity("holds all \(number)", ["*"], by: caller)
            case .widenedIdentity:
                var change = IdentityChange()
                change.scopes = ["*"]
                _ = try await install.authority.updateIdentity(narrow!.id, change, by: caller)
            case .selfService: _ = try await install.selfService(by: install.caller(root.pair, from: address))
            case .subAgent: _ = try await install.subAgent("sub \(number)", of: root.identity, ["*"], by: caller)
            case .rotation: _ = try await install.rotate(spare!, by: caller)
            }
        }
    }

    @Test("counts each way to make one on the root, and then refuses every way", arguments: Way.allCases)
    func ways(_ way: Way) async throws {
        let install = try Install { $0.organisationTokensPerHour = 2 }
        let root = try await root("root", in: install)
        for address in ["198.51.100.1", "198.51.100.2"] { #expect(try await go(way, root, from: address, in: install) == nil) }
        for (number, other) in Way.allCases.enumerated() {
            let error = try await go(other, root, from: "203.0.113.\(number)", in: install)
            #expect(error?.code == .rateLimited, "\(other)")
            #expect(error?.limit?.limit == 2)
            #expect(error?.limit?.retrySeconds == 1800)
        }
        // what holds less is not counted
        let caller = try install.caller(root.key, from: "203.0.113.9")
        _ = try await install.key(["*:*:*:/a", "relayauth:*:*:*", "*:*:manage:*"], by: caller)
        _ = try await install.identity("holds less", ["relayauth:*:*:*"], by: caller)
        var change = IdentityChange()
        change.name = "another name"
        _ = try await install.authority.updateIdentity(root.identity.id, change, by: caller)
        install.clock.advance(seconds: 1800)
        #expect(try await go(way, root, from: "198.51.100.3", in: install) == nil)
    }

    @Test("counts each way to make one on the client's address, whatever the root", arguments: Way.allCases)
    func addresses(_ way: Way) async throws {
        let install = try Install { $0.organisationTokensPerHour = 2 }
        let (first, second) = try await (root("first", in: install), root("second", in: install))
        for address in ["2001:db8::1", "2001:db8::2:3"] { #expect(try await go(way, first, from: address, in: install) == nil) }
        for other in Way.allCases {
            #expect(try await go(other, second, from: "2001:db8::ffff", in: install)?.code == .rateLimited, "\(other)")
        }
        #expect(try await go(way, second, from: "2001:db8:0:1::1", in: install) == nil)
    }

    @Test("is not got round by chaining keys")
    func chain() async throws {
        let install = try Install { $0.organisationTokensPerHour = 3 }
        var key = try await install.key(["*"])
        for number in 0..<3 { key = try await install.key(["*"], by: install.caller(key, from: "198.51.100.\(number)")) }
        let caller = try install.caller(key, from: "198.51.100.9")
        #expect(await refusal { try await install.organisationToken(by: caller) }?.code == .rateLimited)
    }

    @Test("is ten an hour unless it is set, the first ten at once")
    func standard() async throws {
        let install = try Install()
        let caller = try await install.caller(install.key(["*"]))
        func mint() async -> AuthorityError? { await refusal { try await install.organisationToken(by: caller) } }
        for _ in 0..<10 { #expect(await mint() == nil) }
        #expect(await mint()?.limit == LimitVerdict(isAllowed: false, limit: 10, remaining: 0, resetSeconds: 3600, retrySeconds: 360))
        install.clock.advance(seconds: 359)
        #expect(await mint()?.code == .rateLimited)
        install.clock.advance(seconds: 1)
        #expect(await mint() == nil)
        #expect(await mint()?.code == .rateLimited)
    }

    @Test("charges nobody for a mint that is refused, nor for one of its own when the general limit refuses")
    func nothing() async throws {
        let install = try Install {
            $0.organisationTokensPerHour = 3
            $0.mintsPerHour = 2
        }
        let (first, second) = try await (install.key(["*"]), install.key(["*"]))
        let caller = try install.caller(first, from: "198.51.100.1")
        for _ in 0..<2 { _ = try await install.organisationToken(by: caller) }
        let before = try install.contents()
        #expect(await refusal { try await install.organisationToken(by: caller) }?.limit?.limit == 2)
        let elsewhere = try install.caller(second, from: "198.51.100.1")
        #expect(await refusal { try await install.organisationToken(by: elsewhere) }?.limit?.limit == 2)
        #expect(try install.contents() == before)
    }

    @Test("lets exactly as many through as it allows when all ask at once")
    func concurrent() async throws {
        let install = try Install()
        let caller = try await install.caller(install.key(["*"]))
        let allowed = await withTaskGroup(of: Bool.self) { group in
            for number in 0..<32 {
                group.addTask {
                    await refusal {
                        if number % 2 == 0 {
                            _ = try await install.organisationToken(by: caller)
                        } else {
                            _ = try await install.key(["*"], by: caller)
                        }
                    } == nil
                }
            }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(allowed == 10)
        #expect(try install.counts()["api-keys"] == 11)
    }

    @Test("gives nothing back at a restart; 0 turns it off; the operator is not limited, nor is listing and revoking")
    func rest() async throws {
        let install = try Install { $0.organisationTokensPerHour = 1 }
        let key = try await install.key(["*"])
        let token = try await install.organisationToken(by: install.caller(key))
        let again = try await install.restarted { $0.organisationTokensPerHour = 1 }
        let caller = try again.caller(key)
        #expect(await refusal { try await again.organisationToken(by: caller) }?.code == .rateLimited)
        for _ in 0..<5 { _ = try again.authority.organisationTokens(by: caller) }
        try await again.authority.revokeOrganisationToken(token.record.id, by: caller)
        for _ in 0..<5 { _ = try await again.organisationToken() }
        let off = try await again.restarted { $0.organisationTokensPerHour = 0 }
        let asKey = try off.caller(key)
        for _ in 0..<15 { _ = try await off.organisationToken(by: asKey) }
        #expect(try off.counts()["api-keys"] == 22)
    }
}
