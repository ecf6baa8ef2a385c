@testable import LatchkeyAuthority
import LatchkeyScopes
import LatchkeyStore
import LatchkeyVerifier
import Testing

@Suite("Upkeep")
struct UpkeepTests {
    /// Tables whose rows have an end.
    private static let passing: Set<String> = [
        "sessions", "session-liveness", "tokens", "tokens-by-identity", "refresh-tokens", "refresh-answers", "mint-buckets", "expiries",
        "makings", "makers", "api-keys-by-end",
    ]

    @Test("removes what has expired, in its time, and nothing else")
    func removes() async throws {
        let install = try Install()
        let key = try await install.key(["*"], expiresIn: 60)
        let identity = try await install.identity("worker", ["*"], by: install.caller(key))
        let pair = try await install.issue(identity, by: install.caller(key))
        _ = try await install.key(["*"], by: install.caller(key))
        _ = try await install.refresh(pair)
        await install.authority.upkeep()
        let before = try install.contents()
        func counts() throws -> [String: Int] {
            try install.counts().filter { Self.passing.contains($0.key) && $0.key != "expiries" && $0.value > 0 }
        }
        #expect(
            try counts() == [
                "sessions": 1, "session-liveness": 1, "tokens": 2, "tokens-by-identity": 2, "refresh-tokens": 2, "refresh-answers": 1,
                "mint-buckets": 4, "makings": 3, "makers": 3, "api-keys-by-end": 1,
            ])
        func at(_ seconds: Int64) async {
            install.clock.advance(seconds: seconds - (install.clock.now().seconds - ManualClock.start.seconds))
            while await install.authority.upkeep() {}
        }
        await at(9)
        #expect(try counts()["refresh-answers"] == 1)
        await at(10)
        #expect(try counts()["refresh-answers"] == nil)
        await at(59)
        #expect(try counts()["api-keys-by-end"] == 1)
        await at(60)
        #expect(try counts()["api-keys-by-end"] == nil)
        await at(3599)
        #expect(try counts()["mint-buckets"] == 4)
        await at(3600)
        #expect(try counts()["mint-buckets"] == nil)
        await at(3719)
        #expect(try counts()["tokens"] == 2)
        await at(3720)
        #expect(try counts()["tokens"] == nil && counts()["tokens-by-identity"] == nil)
        await at(86_400 + 119)
        #expect(try counts()["refresh-tokens"] == 2)
        await at(86_400 + 120)
        #expect(try counts() == ["sessions": 1, "session-liveness": 1, "makings": 3, "makers": 3])
        await at(30 * 86_400 + 119)
        #expect(try counts() == ["sessions": 1, "session-liveness": 1, "makings": 3, "makers": 3])
        await at(30 * 86_400 + 120)
        // the key made an identity and another key, and these stay
        #expect(try counts() == ["makings": 2, "makers": 2])
        let after = try install.contents()
        #expect(after["expiries"]?.isEmpty == true)
        // Up to when it has removed is remembered, as a moment; and the log has its checkpoint after an hour.
        #expect(after["checkpoints"]?.count == (before["checkpoints"]?.count ?? 0) + 1)
        for (table, rows) in after where !Self.passing.contains(table) && !["clock", "checkpoints"].contains(table) {
            #expect(rows == before[table], "\(table) changed")
        }
    }

    @Test("works in batches, and says whether there is more to do right now")
    func batches() async throws {
        let install = try Install()
        let id = try install.authority.ids.make(.token)
        let now = install.clock.now()
        try await install.store.write { transaction in
            for number in 0..<600 {
                let token = String(id.dropLast(3)) + String(number + 100)
                try transaction.put(
                    Tables.tokens, token,
                    TokenRow(
                        orgId: "org", identityId: "agent", sessionId: "sess", keyId: "kid", issuedAt: now, expiresAt: now, revokedAt: nil,
                        scopes: [], audience: ["relayfile"]))
                try transaction.put(Tables.tokensByIdentity, OwnedKey("agent", token), EmptyRow())
                try Expiry(at: now.adding(milliseconds: Int64(number)), .token, Array(token.utf8)).note(in: transaction)
            }
        }
        install.clock.advance(seconds: 1)
        var left: [Int?] = []
        while await install.authority.upkeep() { left.append(try install.counts()["tokens"]) }
        #expect(left == [344, 88])
        #expect(try install.counts()["tokens"] == 0)
        #expect(try install.counts()["tokens-by-identity"] == 0)
        #expect(await install.authority.upkeep() == false)
    }

    @Test("costs no commit when nothing is due")
    func idle() async throws {
        let install = try Install()
        _ = try await install.issue(install.identity())
        let batches = install.store.statistics.batches
        for _ in 0..<10 {
            install.clock.advance(seconds: 1)
            await install.authority.upkeep()
        }
        #expect(install.store.statistics.batches == batches)
    }

    @Test("leaves a bucket alone that was charged again since")
    func bucketChargedAgain() async throws {
        let install = try Install { $0.mintsPerHour = 1 }
        let key = try await install.key(["*"])
        _ = try await install.key(["*"], by: install.caller(key))
        install.clock.advance(seconds: 3600)
        _ = try await install.key(["*"], by: install.caller(key))
        await install.authority.upkeep()
        #expect(await refusal { try await install.key(["*"], by: install.caller(key)) }?.code == .rateLimited)
    }

    @Test("passes over an expiry that it can't read, and takes it away")
    func oddExpiry() async throws {
        let install = try Install()
        try await install.store.write { transaction in
            try transaction.put(Tables.expiries, [0, 0, 0, 0, 0, 0, 0, 1, 99, 1, 2], EmptyRow())
            try transaction.put(Tables.expiries, [0, 0], EmptyRow())
        }
        let before = try install.counts()
        await install.authority.upkeep()
        #expect(try install.counts() == before.merging(["expiries": 0]) { $1 })
    }

    @Test("a store that can't be written stops nothing")
    func closedStore() async throws {
        let install = try Install()
        let key = try await install.key(["*"])
        _ = try install.caller(key)
        install.store.close()
        #expect(await install.authority.upkeep() == false)
    }
}
