@testable import LatchkeyAuthority
import LatchkeyScopes
import LatchkeyStore
import LatchkeyVerifier
import Testing

@Suite("The limit of minting")
struct MintingLimitTests {
    private let scopes = ["relayauth:api-key:manage:*"]

    /// Mints until it is refused.
    private func drain(_ install: Install, by caller: Caller) async throws -> Int {
        for count in 0..<100 {
            let error = await refusal { try await install.key(scopes, by: caller) }
            if let error {
                #expect(error.code == .rateLimited)
                return count
            }
        }
        return 100
    }

    @Test("lets 20 through at once, then one a minute")
    func burst() async throws {
        let install = try Install()
        let caller = try await install.caller(install.key(scopes))
        #expect(try await drain(install, by: caller) == 20)
        install.clock.advance(milliseconds: 59_999)
        #expect(try await drain(install, by: caller) == 0)
        install.clock.advance(milliseconds: 1)
        #expect(try await drain(install, by: caller) == 1)
        install.clock.advance(seconds: 1200)
        #expect(try await drain(install, by: caller) == 20)
    }

    @Test("answers with what the headers need")
    func verdict() async throws {
        let install = try Install { $0.mintsPerHour = 2 }
        let caller = try await install.caller(install.key(scopes))
        #expect(try await drain(install, by: caller) == 2)
        let error = await refusal { try await install.key(scopes, by: caller) }
        #expect(error?.limit == LimitVerdict(isAllowed: false, limit: 2, remaining: 0, resetSeconds: 3600, retrySeconds: 1800))
    }

    @Test("a refused mint writes nothing and charges nobody")
    func nothing() async throws {
        let install = try Install()
        let first = try await install.key(scopes)
        let second = try await install.key(scopes)
        #expect(try await drain(install, by: install.caller(first, from: "192.0.2.1")) == 20)
        let before = try install.contents()
        // the root is empty, the address is fresh, and stays so
        #expect(try await drain(install, by: install.caller(first, from: "192.0.2.99")) == 0)
        // the root is fresh, and stays so; the address is empty
        #expect(try await drain(install, by: install.caller(second, from: "192.0.2.1")) == 0)
        #expect(try install.contents() == before)
        #expect(try await drain(install, by: install.caller(second, from: "192.0.2.99")) == 20)
    }

    @Test("counts a chain of minted keys on its root, from wherever it calls")
    func chain() async throws {
        let install = try Install()
        let root = try await install.key(scopes)
        let child = try await install.key(scopes, by: install.caller(root, from: "198.51.100.1"))
        let grandchild = try await install.key(scopes, by: install.caller(child, from: "198.51.100.2"))
        #expect(try await drain(install, by: install.caller(grandchild, from: "198.51.100.3")) == 18)
        #expect(try await drain(install, by: install.caller(root, from: "198.51.100.4")) == 0)
        #expect(try await drain(install, by: install.caller(child, from: "198.51.100.5")) == 0)
    }

    @Test("counts an identity's mints on the root that made it, and a token's on the root that issued it")
    func identities() async throws {
        let install = try Install()
        let root = try await install.key(["*"])
        let identity = try await install.identity("bot", ["relayauth:*:*:*"], by: install.caller(root))
        let pair = try await install.issue(identity, by: install.caller(root))
        #expect(try await drain(install, by: install.caller(pair, from: "198.51.100.1")) == 20)
        #expect(try await drain(install, by: install.caller(root, from: "198.51.100.2")) == 0)
        // issued on the socket, it still counts on who made the identity
        let second = try await install.issue(identity)
        #expect(try await drain(install, by: install.caller(second, from: "198.51.100.3")) == 0)
    }

    @Test("counts one address over all roots, an IPv6 client by its /64")
    func addresses() async throws {
        let install = try Install()
        let keys = try await [install.key(scopes), install.key(scopes), install.key(scopes), install.key(scopes)]
        #expect(try await drain(install, by: install.caller(keys[0], from: "2001:db8::1")) == 20)
        #expect(try await drain(install, by: install.caller(keys[1], from: "2001:db8::ffff:1")) == 0)
        #expect(try await drain(install, by: install.caller(keys[1], from: "2001:db8:0:1::1")) == 20)
        #expect(try await drain(install, by: install.caller(keys[2], from: "192.0.2.7")) == 20)
        #expect(try await drain(install, by: install.caller(keys[3], from: "::ffff:192.0.2.7")) == 0)
        #expect(try await drain(install, by: install.caller(keys[3], from: "::ffff:192.0.2.8")) == 20)
    }

    @Test("does not touch the administrator on the socket")
    func socket() async throws {
        let install = try Install { $0.mintsPerHour = 1 }
        for _ in 0..<30 { _ = try await install.key(scopes) }
        #expect(try install.counts()["mint-buckets"] == 0)
    }

    @Test("counts a key that calls over the socket on its root alone")
    func keyOverSocket() async throws {
        let install = try Install()
        let caller = try await install.caller(install.key(scopes), from: nil)
        #expect(try await drain(install, by: caller) == 20)
        #expect(try install.counts()["mint-buckets"] == 1)
    }

    @Test("0 turns it off")
    func off() async throws {
        let install = try Install { $0.mintsPerHour = 0 }
        #expect(try await drain(install, by: install.caller(install.key(scopes))) == 100)
        #expect(try install.counts()["mint-buckets"] == 0)
    }

    @Test("gives nothing back at a restart")
    func restart() async throws {
        let install = try Install()
        let key = try await install.key(scopes)
        #expect(try await drain(install, by: install.caller(key)) == 20)
        let again = try await install.restarted()
        #expect(try await drain(again, by: again.caller(key)) == 0)
        again.clock.advance(seconds: 120)
        #expect(try await drain(again, by: again.caller(key)) == 2)
    }

    @Test("lets exactly the burst through when all ask at once")
    func concurrent() async throws {
        let install = try Install()
        let caller = try await install.caller(install.key(scopes))
        let allowed = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<64 { group.addTask { await refusal { try await install.key(scopes, by: caller) } == nil } }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(allowed == 20)
        #expect(try install.counts()["api-keys"] == 21)
        #expect(try install.audit(.apiKeyCreated).count == 21)
    }

    @Test("is forgotten by upkeep once an hour has filled it again, and no sooner")
    func forgotten() async throws {
        let install = try Install()
        let key = try await install.key(scopes)
        _ = try await install.key(scopes, by: install.caller(key))
        install.clock.advance(seconds: 1800)
        _ = try await install.key(scopes, by: install.caller(key, from: nil))
        install.clock.advance(seconds: 1799)
        await install.authority.upkeep()
        #expect(try install.counts()["mint-buckets"] == 2)
        install.clock.advance(seconds: 1)
        await install.authority.upkeep()
        #expect(try install.counts()["mint-buckets"] == 1)
        install.clock.advance(seconds: 1800)
        await install.authority.upkeep()
        #expect(try install.counts()["mint-buckets"] == 0)
        #expect(try install.counts()["expiries"] == 0)
    }
}
