@testable import LatchkeyAuthority
import LatchkeyVerifier
import Testing

@Suite("A change of the key ring")
struct KeyChangeTests {
    static let pair: [SigningKeyRecord] = [.sample("a", .active, activated: 0, longestToken: 50), .sample("s", .standby)]

    /// What a ring is after a change, as text: each key with its state.
    private func states(_ records: [SigningKeyRecord], after change: KeyChange?) -> String {
        var keys = Dictionary(uniqueKeysWithValues: records.map { ($0.kid, $0) })
        for key in change?.changed ?? [] { keys[key.kid] = key }
        return keys.values.map { "\($0.kid):\($0.state.rawValue)" }.sorted().joined(separator: " ")
    }

    private func changed(_ change: KeyChange?, _ kid: String) throws -> SigningKeyRecord {
        try #require(change?.changed.first { $0.kid == kid })
    }

    @Test("by a rotation makes the standby the signer, and lets the next one be born")
    func rotation() throws {
        var timings = KeyTimings()
        timings.longestToken = 100
        let change = KeyChange.rotation(
            KeySchedule(Self.pair, timings, at: at(7)), born: .sample("b", .standby, published: 7), timings: timings, at: at(7))
        #expect(states(Self.pair, after: change) == "a:grace b:standby s:active")
        let (old, new, born) = try (changed(change, "a"), changed(change, "s"), changed(change, "b"))
        #expect(old.deactivatedAt == at(7) && old.activatedAt == at(0) && old.leftAt == nil && old.sealedPrivateKey != nil)
        #expect(old.longestToken == 100)
        #expect(new.activatedAt == at(7) && new.publishedAt == at(0) && new.longestToken == 100)
        #expect(born.publishedAt == at(7) && born.activatedAt == nil)
        #expect(change?.entries.map(\.action) == [.keyRotated, .keyCreated])
        #expect(change?.entries.first?.metadata == ["oldKid": "a", "standby": "b"])
    }

    @Test("by a rotation remembers the longest token of any configuration")
    func longest() throws {
        var timings = KeyTimings()
        timings.longestToken = 10
        let change = KeyChange.rotation(
            KeySchedule(Self.pair, timings, at: at(7)), born: .sample("b", .standby), timings: timings, at: at(7))
        #expect(try changed(change, "a").longestToken == 50)
        #expect(try changed(change, "s").longestToken == 10)
    }

    @Test("by a rotation needs a standby, but no signer")
    func halfRings() throws {
        func rotated(_ records: [SigningKeyRecord]) -> KeyChange? {
            .rotation(
                KeySchedule(records, KeyTimings(), at: at(7)), born: .sample("b", .standby, published: 7), timings: KeyTimings(), at: at(7))
        }
        #expect(rotated([Self.pair[0]]) == nil)
        #expect(rotated([]) == nil)
        #expect(states([Self.pair[1]], after: rotated([Self.pair[1]])) == "b:standby s:active")
    }

    @Test("by a birth fills an empty place, and no other")
    func birth() {
        let born = SigningKeyRecord.sample("b", .standby)
        #expect(KeyChange.birth(KeySchedule(Self.pair, KeyTimings(), at: at(7)), born: born) == nil)
        let change = KeyChange.birth(KeySchedule([Self.pair[0]], KeyTimings(), at: at(7)), born: born)
        #expect(states([Self.pair[0]], after: change) == "a:active b:standby")
        #expect(change?.entries.map(\.action) == [.keyCreated])
    }

    @Test("by a retirement destroys the private half")
    func retirement() throws {
        let key = SigningKeyRecord.sample("g", .grace, activated: 0, deactivated: 3)
        let change = KeyChange.retirement(key, at: at(9))
        let gone = try changed(change, "g")
        #expect(gone.state == .retired && gone.sealedPrivateKey == nil && gone.leftAt == at(9))
        #expect(gone.deactivatedAt == at(3) && gone.activatedAt == at(0))
        #expect(change.entries.map(\.action) == [.keyRetired])
    }

    struct Emergency: Sendable, CustomTestStringConvertible {
        let revoked: Set<String>
        let ring: String
        let fresh: Int
        let after: String
        let actions: [AuditRecord.Action]

        var testDescription: String { "\(revoked.sorted()) of \(ring) with \(fresh) fresh" }

        static let all: [Emergency] = [
            .init(
                revoked: ["a"], ring: "a s", fresh: 1, after: "a:revoked f1:standby s:active",
                actions: [.keyRevoked, .keyRotated, .keyCreated]),
            .init(revoked: ["s"], ring: "a s", fresh: 1, after: "a:active f1:standby s:revoked", actions: [.keyRevoked, .keyCreated]),
            .init(revoked: ["g"], ring: "a s g", fresh: 0, after: "a:active g:revoked s:standby", actions: [.keyRevoked]),
            .init(revoked: ["r"], ring: "a s r", fresh: 0, after: "a:active r:revoked s:standby", actions: [.keyRevoked]),
            .init(
                revoked: ["a", "s"], ring: "a s", fresh: 2, after: "a:revoked f1:active f2:standby s:revoked",
                actions: [.keyRevoked, .keyRevoked, .keyRotated, .keyCreated]),
            .init(
                revoked: ["a", "s", "g"], ring: "a s g", fresh: 2, after: "a:revoked f1:active f2:standby g:revoked s:revoked",
                actions: [.keyRevoked, .keyRevoked, .keyRevoked, .keyRotated, .keyCreated]),
            .init(
                revoked: ["a"], ring: "a", fresh: 2, after: "a:revoked f1:active f2:standby",
                actions: [.keyRevoked, .keyRotated, .keyCreated]),
            // None can be made: the key goes all the same.
            .init(revoked: ["a"], ring: "a s", fresh: 0, after: "a:revoked s:active", actions: [.keyRevoked, .keyRotated]),
            .init(revoked: ["a", "s"], ring: "a s", fresh: 0, after: "a:revoked s:revoked", actions: [.keyRevoked, .keyRevoked]),
        ]
    }

    private static let others: [SigningKeyRecord] = [
        .sample("g", .grace, activated: 0, deactivated: 3), .sample("r", .retired, activated: 0, deactivated: 1, left: 2),
    ]

    @Test("in an emergency takes the keys out, and leaves one that signs and one that stands by", arguments: Emergency.all)
    func emergency(_ row: Emergency) throws {
        let records = (Self.pair + Self.others).filter { row.ring.split(separator: " ").contains($0.kid[...]) }
        let schedule = KeySchedule(records, KeyTimings(), at: at(7))
        if row.fresh > 0 { #expect(KeyChange.needed(revoking: row.revoked, schedule) == row.fresh) }
        let fresh = (0..<row.fresh).map { SigningKeyRecord.sample("f\($0 + 1)", .standby, published: 7) }
        let change = KeyChange.revocation(
            of: row.revoked, records, schedule, fresh: fresh, reason: "stolen", timings: KeyTimings(), at: at(7))
        #expect(states(records, after: change) == row.after)
        #expect(change.entries.map(\.action) == row.actions)
        for kid in row.revoked {
            let key = try changed(change, kid)
            #expect(key.sealedPrivateKey == nil && key.revokeReason == "stolen")
            // A key that had left before keeps its moments; one that never signed has stopped at none.
            let before = try #require(records.first { $0.kid == kid })
            #expect(key.leftAt == (before.leftAt ?? at(7)))
            #expect(key.deactivatedAt == (before.activatedAt == nil ? nil : before.deactivatedAt ?? at(7)))
        }
    }

    @Test("needs no fresh key when what goes neither signs nor stands by")
    func needed() {
        let schedule = KeySchedule(Self.pair + Self.others, KeyTimings(), at: at(7))
        #expect(KeyChange.needed(revoking: ["g", "r"], schedule) == 0)
        #expect(KeyChange.needed(revoking: [], schedule) == 0)
    }

    @Test("by an import displaces the standby, which never signed")
    func importing() throws {
        let change = KeyChange.importing(
            .sample("i", .standby, published: 7), KeySchedule(Self.pair, KeyTimings(), at: at(7)), at: at(7))
        #expect(states(Self.pair, after: change) == "a:active i:standby s:retired")
        let gone = try changed(change, "s")
        #expect(gone.sealedPrivateKey == nil && gone.leftAt == at(7) && gone.deactivatedAt == nil)
        #expect(change.entries.map(\.action) == [.keyRetired, .keyImported])
        #expect(change.entries.first?.metadata == ["displacedBy": "i"])
    }
}
