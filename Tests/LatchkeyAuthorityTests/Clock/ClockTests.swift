@testable import LatchkeyAuthority
import LatchkeyCrypto
import LatchkeyStore
import LatchkeyVerifier
import Testing

@Suite("A clock that can't be trusted")
struct ClockTests {
    struct Mint: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let run: @Sendable (Install, IdentityRecord, TokenPair) async throws -> Void

        static let all: [Mint] = [
            Mint(testDescription: "issue") { install, identity, _ in _ = try await install.issue(identity) },
            Mint(testDescription: "refresh") { install, _, pair in _ = try await install.refresh(pair) },
            Mint(testDescription: "sub-agent") { install, identity, _ in _ = try await install.subAgent("child", of: identity) },
            Mint(testDescription: "API key") { install, _, _ in _ = try await install.key(["*"]) },
        ]
    }

    @Test("stops minting until it is right again, and verification goes on", arguments: Mint.all, [-30 * day, -61, 61, 5 * 365 * day])
    func stops(_ mint: Mint, _ step: Int64) async throws {
        let install = try Install.prepared()
        let identity = try await install.identity("worker", Family.scopes)
        let pair = try await install.issue(identity)
        install.clock.step(seconds: step)
        let before = try install.contents()
        #expect(await refusal { try await mint.run(install, identity, pair) }?.code == .clockUnreliable)
        #expect(try install.contents() == before)
        // Set back, no token is worse than it was; set ahead, the ended ones have ended.
        #expect(try install.isLive(pair) == (step < day))
        let health = try #require(install.authority.services.first { $0.name == "clock" })
        #expect(health.level == .degraded && health.detail?.contains("clock accept") == true)
        install.clock.step(seconds: -step)
        #expect(install.authority.services.allSatisfy { $0.level == .healthy })
        try await mint.run(install, identity, pair)
    }

    @Test("does not hold up revocations, and nothing that it lets happen is removed")
    func goesOn() async throws {
        let install = try Install.prepared()
        let identity = try await install.identity()
        let (one, two) = try await (install.issue(identity), install.issue(identity))
        await install.authority.noteTime()
        install.clock.step(seconds: 5 * 365 * day)
        let before = try install.counts()
        for _ in 0..<130 { await install.authority.upkeep() }
        #expect(try install.counts() == before)
        try await install.authority.revoke(.token(one.tokenId), by: install.admin)
        try await install.suspend(identity)
        install.clock.step(seconds: -5 * 365 * day)
        #expect(try !install.isLive(one) && !install.isLive(two))
    }

    @Test("is known at the start by what the store has seen, and by when the program was made")
    func atStart() async throws {
        let install = try Install.prepared()
        install.clock.advance(seconds: day)
        await install.authority.close()
        install.clock.step(seconds: -3600)
        let behind = try Install(at: install.scratch, clock: install.clock)
        #expect(behind.authority.clockProblem?.kind == .behind && behind.authority.clockProblem?.expected == at(day))
        // A stop by this clock notes nothing of it.
        let again = try await behind.restarted()
        #expect(again.authority.clockProblem?.expected == at(day))
        again.clock.step(seconds: 3600 - 60)
        #expect(again.authority.clockProblem == nil)
        await again.authority.close()
        let made = try Install(at: install.scratch, clock: install.clock, change: { $0.madeAt = at(2 * day) })
        #expect(made.authority.clockProblem?.expected == at(2 * day))
        let accepted = try await made.authority.acceptClock(by: made.admin)
        #expect(accepted.problem?.kind == .behind && accepted.time == at(day - 60))
        // The operator's word holds for the next start too.
        let next = try await made.restarted { $0.madeAt = at(2 * day) }
        #expect(next.authority.clockProblem == nil)
    }

    @Test(
        "is noted about once a minute, by what the steady clock knows when the wall clock is wrong",
        arguments: [0, -30 * day, 5 * 365 * day])
    func noted(_ step: Int64) async throws {
        let install = try Install.prepared()
        func seen() throws -> Timestamp? { try install.store.read { try $0.get(Tables.clock, ClockRow.seen)?.moment } }
        func run(seconds: Int) async {
            for _ in 0..<seconds {
                install.clock.advance(seconds: 1)
                await install.authority.upkeep()
            }
        }
        await run(seconds: 59)
        #expect(try seen() == nil)
        await run(seconds: 1)
        #expect(try seen() == at(60))
        await run(seconds: 59)
        #expect(try seen() == at(60))
        install.clock.step(seconds: step)
        await run(seconds: 121)
        #expect(try seen() == at(240))
    }

    @Test("and stays set back for days is known at the next start by the time that has really gone by")
    func longBehind() async throws {
        let install = try Install.prepared()
        let first = try install.signer.kid
        install.clock.advance(seconds: day)
        _ = try await install.authority.rotateKeys(now: false, by: install.admin)
        install.clock.step(seconds: -30 * day)
        install.clock.advance(seconds: 3 * day)
        #expect(try !install.served.contains(first))
        let again = try await install.restarted()
        #expect(again.authority.clockProblem?.expected == at(4 * day))
        #expect(try !again.served.contains(first))
    }

    @Test(
        "that the operator accepts moves all that the ring knows: what was an hour old is an hour old",
        arguments: [-30 * day, 5 * 365 * day])
    func accepted(_ step: Int64) async throws {
        let install = try Install.prepared()
        let identity = try await install.identity()
        install.clock.advance(seconds: day)
        let rotation = try await install.authority.rotateKeys(now: false, by: install.admin)
        try await install.authority.noteBundle(notAfter: at(8 * day))
        install.clock.advance(seconds: 600)
        let before = install.authority.keys.ring
        install.clock.step(seconds: step)
        #expect(install.authority.keys.document == before.document(showsLegacy: false))
        let done = try await install.authority.acceptClock(by: install.admin)
        #expect(done.problem?.kind == .jumped && done.time == at(day + 600 + step) && done.correctedKeys == 3)
        let after = install.authority.keys.ring
        #expect(after.published.map(\.kid) == before.published.map(\.kid))
        #expect(after.schedule.standbyReadyAt == before.schedule.standbyReadyAt?.adding(seconds: step))
        #expect(after.schedule.rotationDueAt == before.schedule.rotationDueAt?.adding(seconds: step))
        #expect(try install.record(rotation.oldKeyId).leavesAt == rotation.oldKeyExpiresAt.adding(seconds: step))
        // Nothing is due, and the young standby does not sign.
        try await install.tend()
        #expect(install.authority.keys.ring.published.map(\.kid) == before.published.map(\.kid))
        #expect(await refusal { try await install.authority.rotateKeys(now: false, by: install.admin) }?.code == .standbyTooYoung)
        // No bundle that is out is thought to have ended before its holders think so.
        let ends = try #require(try install.standby.heldByBundlesUntil)
        #expect(ends >= at(8 * day + step) && (step > 0 || ends <= at(8 * day)))
        #expect(try await install.isLive(install.issue(identity)))
        let restarted = try await install.restarted()
        #expect(restarted.authority.clockProblem == nil)
        #expect(restarted.authority.keys.ring.schedule.ahead == after.schedule.ahead)
    }

    @Test(
        "and was behind does not age what an emergency made meanwhile, when it is right again", arguments: [true, false])
    func caughtUp(_ isRestarted: Bool) async throws {
        let install = try Install.prepared()
        install.clock.advance(seconds: day)
        await install.authority.close()
        // Off for twenty days, and on with a clock that was set back.
        install.clock.advance(seconds: 20 * day)
        install.clock.step(seconds: -30 * day)
        var behind = try Install(at: install.scratch, clock: install.clock)
        #expect(behind.authority.clockProblem?.expected == at(day))
        _ = try await behind.authority.revokeKey(behind.standby.kid, reason: "stolen", by: behind.admin)
        #expect(try behind.standby.publishedAt == at(day))
        if isRestarted { await behind.authority.close() }
        install.clock.step(seconds: 30 * day)
        if isRestarted { behind = try Install(at: install.scratch, clock: install.clock) }
        await behind.authority.upkeep()
        #expect(behind.authority.clockProblem == nil)
        #expect(try behind.standby.publishedAt == at(21 * day) && behind.standby.knownBy == at(21 * day + hour))
        #expect(try behind.signer.publishedAt == at(0))
        let last = behind
        let refusal = await refusal { try await last.authority.rotateKeys(now: false, by: last.admin) }
        #expect(refusal?.text("readyAt") == at(22 * day).description)
    }

    @Test("that is right can be accepted too, and nothing moves")
    func acceptedRight() async throws {
        let install = try Install.prepared()
        install.clock.advance(seconds: 600)
        install.clock.step(seconds: 59)
        let before = install.authority.keys.ring.records
        let done = try await install.authority.acceptClock(by: install.admin)
        #expect(done.problem == nil && done.correctedKeys == 0 && install.authority.keys.ring.records == before)
    }

    @Test("that was accepted is in the audit log with what was wrong, and an acceptance that can't be written is none")
    func audited() async throws {
        let install = try Install.prepared(seams: { seams in
            seams.beforeRecord = { if $0 == .clockAccepted { throw PreparedKeys.NoMore() } }
        })
        install.clock.step(seconds: day)
        await #expect(throws: PreparedKeys.NoMore.self) { try await install.authority.acceptClock(by: install.admin) }
        #expect(install.authority.clockProblem != nil)
        let second = try await install.restarted()
        // Years ahead at a start is an absence, so the trouble has to be made anew.
        second.clock.step(seconds: day)
        _ = try await second.authority.acceptClock(by: second.admin)
        let entry = try #require(try second.audit(.clockAccepted).first)
        #expect(entry.actor == "admin-socket:uid=0" && entry.metadata["time"] == at(2 * day).description)
        #expect(entry.metadata["problem"]?.contains(at(2 * day).description) == true)
    }
}
