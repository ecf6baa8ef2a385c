@testable import LatchkeyAuthority
import LatchkeyStore
import LatchkeyVerifier
import Testing

@Suite("API keys that end soon")
struct EndNoticeTests {
    private static let day: Int64 = 86_400
    private let day = EndNoticeTests.day

    /// Does the upkeep of this moment and says which ends it told of.
    private func notices(_ install: Install, _ watcher: EventSubscription) async throws -> [Told] {
        while await install.authority.upkeep() {}
        return try await told(watcher)
    }

    @Test("are told of once, seven days before")
    func once() async throws {
        let install = try Install()
        let key = try await install.key(["*"], name: "deploy", expiresIn: 30 * day)
        install.clock.advance(milliseconds: 23 * day * 1000 - 1)
        #expect(try await notices(install, install.watch(["api_key.expiring"])).isEmpty)
        install.clock.advance(milliseconds: 1)
        let events = try await notices(install, install.watch(["api_key.expiring"]))
        #expect(events.count == 1)
        #expect(events.first?.name == "deploy")
        #expect(events.first?.actor == "system")
        #expect(events.first?.result == "allowed")
        #expect(events.first?.orgId == install.authority.firstOrganisation)
        #expect(events.first?.resource == "api-key")
        #expect(events.first?.metadata == ["apiKeyId": key.record.id, "prefix": key.record.prefix])
        #expect(events.first?.message?.contains(key.record.expiresAt!.description) == true)
        for _ in 0..<8 {
            install.clock.advance(seconds: day)
            #expect(try await notices(install, install.watch(["api_key.expiring"])).isEmpty)
        }
    }

    @Test("are told of after a restart, when their moment came while nobody ran")
    func restart() async throws {
        let install = try Install()
        _ = try await install.key(["*"], expiresIn: 30 * day)
        let again = try await install.restarted()
        again.clock.advance(seconds: 25 * day)
        #expect(try await notices(again, again.watch(["api_key.expiring"])).count == 1)
    }

    @Test("are not told of when they were made for a week or less, were revoked, or were replaced")
    func untold() async throws {
        let install = try Install()
        _ = try await install.key(["*"], name: "short", expiresIn: 7 * day)
        _ = try await install.key(["*"], name: "shorter", expiresIn: 3 * day)
        #expect(try await notices(install, install.watch(["api_key.expiring"])).isEmpty)
        _ = try await install.key(["*"], name: "lasting")
        try await install.revoke(install.key(["*"], name: "revoked", expiresIn: 30 * day))
        let gone = try await install.rotate(install.key(["*"], name: "rotated", expiresIn: 30 * day))
        try await install.revoke(gone)
        let replaced = try await install.key(["*"], name: "replaced", expiresIn: 30 * day)
        install.clock.advance(seconds: 20 * day)
        let new = try await install.rotate(replaced, overlap: Double(7 * day))
        install.clock.advance(seconds: 3 * day)
        let events = try await notices(install, install.watch(["api_key.expiring"]))
        #expect(events.map { $0.metadata?["apiKeyId"] } == [new.record.id])
    }

    @Test("are not told of once they have ended, when nobody ran before")
    func tooLate() async throws {
        let install = try Install()
        _ = try await install.key(["*"], expiresIn: 30 * day)
        let again = try await install.restarted()
        again.clock.advance(seconds: 30 * day)
        #expect(try await notices(again, again.watch(["api_key.expiring"])).isEmpty)
    }

    @Test("are told to their own organisation alone")
    func organisations() async throws {
        let install = try Install()
        let other = try await install.otherOrganisation()
        let mine = try await install.key(["*"], expiresIn: 30 * day)
        let theirs = try await install.key(["*"], by: other, expiresIn: 30 * day)
        install.clock.advance(seconds: 23 * day)
        let byOther = try install.watch(["api_key.expiring"], by: other)
        let byKey = try await install.watch(["api_key.expiring"], by: install.caller(install.key(["*"])))
        while await install.authority.upkeep() {}
        #expect(try await told(byKey).map { $0.metadata?["apiKeyId"] } == [mine.record.id])
        #expect(try await told(byOther).map { $0.metadata?["apiKeyId"] } == [theirs.record.id])
    }

    @Test("are listed the soonest first: live ones that were not replaced, of every organisation")
    func list() async throws {
        let install = try Install()
        func ending(_ days: Int64 = 30) throws -> [String] {
            try install.authority.endingAPIKeys(withinDays: days, limit: 10).keys.map(\.name)
        }
        #expect(try ending().isEmpty)
        for days in [20, 5, 10, 31] as [Int64] { _ = try await install.key(["*"], name: "\(days)", expiresIn: days * day) }
        _ = try await install.key(["*"], name: "theirs", by: install.otherOrganisation(), expiresIn: 7 * day)
        _ = try await install.key(["*"], name: "lasting")
        try await install.revoke(install.key(["*"], name: "revoked", expiresIn: day))
        let old = try await install.key(["*"], name: "replaced", expiresIn: 3 * day)
        _ = try await install.rotate(old, overlap: Double(7 * day))
        #expect(try ending() == ["replaced", "5", "theirs", "10", "20"])
        #expect(try ending(40) == ["replaced", "5", "theirs", "10", "20", "31"])
        for limit in 0...6 {
            let (keys, hasMore) = try install.authority.endingAPIKeys(withinDays: 30, limit: limit)
            #expect(keys.map(\.name) == Array(["replaced", "5", "theirs", "10", "20"].prefix(limit)))
            #expect(hasMore == (limit < 5))
        }
        // the one that is listed is the new one: the old one is on its way out
        #expect(try install.authority.endingAPIKeys(withinDays: 30, limit: 1).keys.first?.id != old.record.id)
        install.clock.advance(seconds: 5 * day)
        #expect(try ending() == ["theirs", "10", "20", "31"])
    }

    @Test("are told of and listed again when what replaced them was revoked", arguments: [60, 604_800] as [Double])
    func successorRevoked(_ overlap: Double) async throws {
        let install = try Install()
        func ending() throws -> [String] { try install.authority.endingAPIKeys(withinDays: 30, limit: 10).keys.map(\.id) }
        let old = try await install.key(["*"], name: "deploy")
        install.clock.advance(seconds: day)
        let lost = try await install.rotate(old, overlap: overlap)
        let new = try await install.rotate(old, overlap: overlap)
        try await install.revoke(lost)
        #expect(try ending().isEmpty)
        try await install.revoke(new)
        #expect(try ending() == [old.record.id])
        let events = try await notices(install, install.watch(["api_key.expiring"]))
        #expect(events.map { $0.metadata?["apiKeyId"] } == [old.record.id])
        let end = try #require(install.shown(old).expiresAt)
        #expect(events.first?.message?.contains(end.description) == true)
        install.clock.advance(seconds: 1)
        #expect(try await notices(install, install.watch(["api_key.expiring"])).isEmpty)
        // one that is rotated once more has a successor again
        _ = try await install.rotate(old, overlap: overlap)
        #expect(try ending().isEmpty)
        install.clock.advance(seconds: Int64(overlap))
        while await install.authority.upkeep() {}
        #expect(try install.counts()["api-keys-by-end"] == 0)
        #expect(try install.counts()["expiries"] == 0)
    }

    @Test("stay unnoticed when what replaced them was itself replaced, and when they had ended before it was revoked")
    func successorReplaced() async throws {
        let install = try Install()
        let old = try await install.key(["*"])
        let second = try await install.rotate(old, overlap: 3600)
        let third = try await install.rotate(second)
        #expect(try install.authority.endingAPIKeys(withinDays: 30, limit: 10).keys.isEmpty)
        try await install.revoke(old)
        try await install.revoke(third)
        #expect(try install.authority.endingAPIKeys(withinDays: 30, limit: 10).keys.isEmpty)
        #expect(try await notices(install, install.watch(["api_key.expiring"])).isEmpty)
    }

    @Test("leave no row behind once they have ended")
    func rows() async throws {
        let install = try Install()
        let key = try await install.key(["*"], expiresIn: 30 * day)
        _ = try await install.rotate(key, overlap: 60)
        try await install.revoke(install.key(["*"], expiresIn: 40 * day))
        _ = try await install.rotate(install.key(["*"], expiresIn: 20 * day))
        install.clock.advance(seconds: 30 * day)
        while await install.authority.upkeep() {}
        #expect(try install.counts()["api-keys-by-end"] == 0)
        #expect(try install.counts()["expiries"] == 0)
    }
}
