@testable import LatchkeyAuthority
import LatchkeyCrypto
import LatchkeyVerifier
import Testing

@Suite("The schedule of the key ring")
struct KeyScheduleTests {
    /// A ring at a moment, and all that follows from it. Moments are seconds after the clock's start.
    struct Row: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var keys: [SigningKeyRecord]
        var now: Int64
        var isHeld = false
        var timings = KeyTimings()
        /// What the JWKS shows, in its order.
        var published: String
        var ahead: [KeySchedule.Due]
        var waitsFor: KeySchedule.Waiting?
        var rotationDueAt: Int64?
        var standbyReadyAt: Int64?

        static func due(_ step: KeySchedule.Step, _ seconds: Int64) -> KeySchedule.Due { .init(step: step, at: at(seconds)) }

        static let pair: [SigningKeyRecord] = [.sample("a", .active, activated: 0), .sample("s", .standby)]

        static let all = [
            Row(
                testDescription: "two keys from the first second", keys: pair, now: 0, published: "a s", ahead: [due(.rotate, 90 * day)],
                rotationDueAt: 90 * day, standbyReadyAt: day),
            Row(
                testDescription: "the moment before a rotation", keys: pair, now: 90 * day - 1, published: "a s",
                ahead: [due(.rotate, 90 * day)], rotationDueAt: 90 * day, standbyReadyAt: day),
            Row(
                testDescription: "years of absence", keys: pair, now: 1000 * day, published: "a s", ahead: [due(.rotate, 90 * day)],
                rotationDueAt: 90 * day, standbyReadyAt: day),
            Row(
                testDescription: "a standby that is too young when the rotation is due",
                keys: [.sample("a", .active, activated: 0), .sample("s", .standby, published: 90 * day - hour)], now: 90 * day,
                published: "a s", ahead: [due(.rotate, 91 * day - hour)], waitsFor: .standby(until: at(91 * day - hour)),
                rotationDueAt: 90 * day, standbyReadyAt: 91 * day - hour),
            Row(
                testDescription: "a bundle that lacks the standby when the rotation is due",
                keys: [.sample("a", .active, activated: 0), .sample("s", .standby, published: 80 * day, lackedUntil: 100 * day)],
                now: 95 * day, published: "a s", ahead: [due(.rotate, 100 * day)], waitsFor: .bundles(until: at(100 * day)),
                rotationDueAt: 90 * day, standbyReadyAt: 100 * day),
            Row(
                testDescription: "a bundle that ends before the standby is old enough",
                keys: [.sample("a", .active, activated: 0), .sample("s", .standby, published: 90 * day, lackedUntil: 90 * day + 1)],
                now: 90 * day, published: "a s", ahead: [due(.rotate, 91 * day)], waitsFor: .standby(until: at(91 * day)),
                rotationDueAt: 90 * day, standbyReadyAt: 91 * day),
            Row(
                testDescription: "a cutover that holds the keys, and a rotation that is due", keys: pair, now: 100 * day, isHeld: true,
                published: "a s", ahead: [], waitsFor: .cutover, rotationDueAt: 90 * day, standbyReadyAt: day),
            Row(
                testDescription: "a cutover that holds the keys, and nothing due", keys: pair, now: 10 * day, isHeld: true,
                published: "a s", ahead: [], rotationDueAt: 90 * day, standbyReadyAt: day),
            Row(
                testDescription: "nobody signs: the standby does, however young",
                keys: [.sample("s", .standby, published: 5 * day, lackedUntil: 30 * day)], now: 5 * day, published: "s",
                ahead: [due(.rotate, 5 * day)], standbyReadyAt: 30 * day),
            Row(
                testDescription: "nobody signs in a cutover that holds the keys either",
                keys: [.sample("s", .standby)], now: 5 * day, isHeld: true, published: "s", ahead: [due(.rotate, 5 * day)],
                standbyReadyAt: day),
            Row(
                testDescription: "no standby: one is born, and nothing rotates without", keys: [.sample("a", .active, activated: 0)],
                now: 200 * day, published: "a", ahead: [due(.beget, 200 * day)], rotationDueAt: 90 * day),
            Row(testDescription: "no key at all", keys: [], now: 7, published: "", ahead: [due(.beget, 7)]),
            Row(
                testDescription: "keys in grace, the youngest first, and each leaves in its turn",
                keys: [
                    .sample("g1", .grace, published: -200 * day, activated: -100 * day, deactivated: 0),
                    .sample("a", .active, published: 0, activated: hour), .sample("s", .standby, published: hour),
                    .sample("g2", .grace, published: -100 * day, activated: 0, deactivated: hour),
                ], now: 2 * day, published: "a s g2 g1",
                ahead: [due(.retire("g1"), 3 * day), due(.retire("g2"), 3 * day + hour), due(.rotate, 90 * day + hour)],
                rotationDueAt: 90 * day + hour, standbyReadyAt: day + hour),
            Row(
                testDescription: "a key whose grace is over is out of the JWKS though nobody has written it",
                keys: pair + [.sample("g", .grace, published: -9, activated: -8, deactivated: 0)], now: 3 * day, published: "a s",
                ahead: [due(.retire("g"), 3 * day), due(.rotate, 90 * day)], rotationDueAt: 90 * day, standbyReadyAt: day),
            Row(
                testDescription: "a key that has signed longer tokens than are allowed now stays until they end",
                keys: pair + [.sample("g", .grace, published: -9, activated: -8, deactivated: 0, longestToken: 4 * day)], now: 4 * day,
                published: "a s g", ahead: [due(.retire("g"), 4 * day + 60), due(.rotate, 90 * day)], rotationDueAt: 90 * day,
                standbyReadyAt: day),
            Row(
                testDescription: "retired and revoked keys are nothing to anybody",
                keys: pair + [
                    .sample("r", .retired, activated: 0, deactivated: 0, left: 0), .sample("x", .revoked, activated: 0, left: 0),
                ], now: 1, published: "a s", ahead: [due(.rotate, 90 * day)], rotationDueAt: 90 * day, standbyReadyAt: day),
            Row(
                testDescription: "other timings",
                keys: pair + [.sample("g", .grace, published: -9, activated: -8, deactivated: 0)], now: 2 * hour,
                timings: {
                    var timings = KeyTimings()
                    (timings.rotation, timings.shortestStandby, timings.graceAfterUse, timings.longestToken) = (
                        day, 4 * hour, 3 * hour, hour
                    )
                    return timings
                }(), published: "a s g", ahead: [due(.retire("g"), 3 * hour), due(.rotate, day)], rotationDueAt: day,
                standbyReadyAt: 4 * hour),
        ]
    }

    @Test("follows from the records, the timings and the moment", arguments: Row.all)
    func row(_ row: Row) {
        // The order in which records are read changes nothing.
        for keys in [row.keys, row.keys.reversed()] {
            let schedule = KeySchedule(keys, row.timings, at: at(row.now), isHeld: row.isHeld)
            #expect(schedule.published.map(\.kid).joined(separator: " ") == row.published)
            #expect(schedule.signer?.kid == row.keys.first { $0.state == .active }?.kid)
            #expect(schedule.standby?.kid == row.keys.first { $0.state == .standby }?.kid)
            #expect(schedule.ahead == row.ahead)
            #expect(schedule.next == row.ahead.first)
            #expect(schedule.due(at: at(row.now)) == row.ahead.filter { $0.at <= at(row.now) }.map(\.step))
            #expect(schedule.waitsFor == row.waitsFor)
            #expect(schedule.rotationDueAt == row.rotationDueAt.map(at))
            #expect(schedule.standbyReadyAt == row.standbyReadyAt.map(at))
            #expect(schedule.isHeld == row.isHeld)
        }
    }

    @Test("never shows a key for less than its tokens live", arguments: [0, 1, 3600, 86_400, 3 * 86_400, 40 * 86_400] as [Int64?] + [nil])
    func longest(_ longest: Int64?) {
        for grace in [60, 3600, 72 * 3600] as [Int64] {
            var timings = KeyTimings()
            timings.graceAfterUse = grace
            let key = SigningKeyRecord.sample("g", .grace, activated: 0, deactivated: 100, longestToken: longest)
            let leaves = key.leaves(timings)
            #expect(leaves >= at(100 + (longest ?? 0) + 60))
            #expect(leaves >= at(100 + grace))
            #expect(leaves == at(100 + max(grace, (longest ?? 0) + 60)))
        }
    }

    @Test("gives signer and JWKS from one value")
    func ring() throws {
        let ring = KeyRing(Row.pair, KeyTimings(), cutover: nil, at: at(0))
        #expect(ring.signerKid == "a")
        #expect(ring.jwks.keys.map(\.kid) == ["a", "s"])
        #expect(ring.published.map(\.kid) == ["a", "s"])
        #expect(String(decoding: ring.document(showsLegacy: true), as: UTF8.self).contains("oct") == false)
    }
}
