@testable import LatchkeyAuthority
import LatchkeyCrypto
import LatchkeyStore
import LatchkeyVerifier
import Synchronization
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

    @Test(
        "stops minting until it is right again, and verification goes on", arguments: Mint.all,
        [-30 * day, -61, 61, 2 * hour, 5 * 365 * day])
    func stops(_ mint: Mint, _ step: Int64) async throws {
        let install = try Install.prepared()
        let identity = try await install.identity("worker", Family.scopes)
        let pair = try await install.issue(identity)
        install.clock.step(seconds: step)
        let before = try install.contents()
        #expect(await refusal { try await mint.run(install, identity, pair) }?.code == .clockUnreliable)
        #expect(try install.contents() == before)
        #expect(try install.isLive(pair))
        let health = try #require(install.authority.services.first { $0.name == "clock" })
        #expect(health.level == .degraded && health.detail?.contains("clock accept") == true)
        install.clock.step(seconds: -step)
        #expect(install.authority.services.allSatisfy { $0.level == .healthy })
        try await mint.run(install, identity, pair)
    }

    @Test(
        "neither brings to life what had ended nor ends what lives before its time", arguments: [-30 * day, 2 * hour, 5 * 365 * day])
    func ends(_ step: Int64) async throws {
        let install = try Install.prepared()
        let identity = try await install.identity()
        let dead = try await install.issue(identity) { $0.expiresIn = 60 }
        let live = try await install.issue(identity) { $0.expiresIn = 3600 }
        let (deadKey, liveKey) = try await (install.key(["*"], expiresIn: 60), install.key(["*"], expiresIn: 3600))
        install.clock.advance(seconds: 600)
        install.clock.step(seconds: step)
        func isHeard(_ key: Minted) -> Bool { (try? install.caller(key)) != nil }
        func isHeard(_ pair: TokenPair) -> Bool { (try? install.caller(pair)) != nil }
        #expect(try !install.isLive(dead) && !isHeard(dead) && !isHeard(deadKey))
        #expect(try install.isLive(live) && isHeard(live) && isHeard(liveKey))
        install.clock.advance(seconds: 2940)
        #expect(try install.isLive(live) && isHeard(live) && isHeard(liveKey))
        install.clock.advance(seconds: 121)
        #expect(try !install.isLive(live) && !isHeard(live) && !isHeard(liveKey))
    }

    @Test("stamps nothing: what is written says when it was, and ids sort by it", arguments: [-30 * day, 5 * 365 * day])
    func stamps(_ step: Int64) async throws {
        let install = try Install.prepared()
        let identity = try await install.identity()
        let pair = try await install.issue(identity)
        install.clock.advance(seconds: 60)
        install.clock.step(seconds: step)
        _ = await refusal { try await install.issue(identity) }
        try await install.authority.revoke(.token(pair.tokenId), by: install.admin)
        try await install.suspend(identity)
        let entries = try install.audit().suffix(2)
        #expect(entries.allSatisfy { $0.timestamp == at(60) })
        #expect(try install.authority.identity(identity.id, by: install.admin).record.suspendedAt == at(60))
        install.clock.step(seconds: -step)
        install.clock.advance(seconds: 1)
        let (earlier, later) = (ManualClock(), ManualClock())
        earlier.advance(seconds: 60)
        later.advance(seconds: 62)
        let id = try install.authority.ids.make(.token)
        #expect(try IdentifierSource(clock: earlier).make(.token) < id && id < IdentifierSource(clock: later).make(.token))
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
        // The operator's word holds for the next start too, and for a program that was made earlier.
        var next = try await made.restarted { $0.madeAt = at(2 * day) }
        #expect(next.authority.clockProblem == nil)
        next = try await next.restarted { $0.madeAt = at(2 * day - 3600) }
        #expect(next.authority.clockProblem == nil)
        // Not for one that was made later: it knows better.
        next = try await next.restarted { $0.madeAt = at(3 * day) }
        #expect(next.authority.clockProblem?.expected == at(3 * day))
    }

    @Test("but is only a little behind at each start never takes back what was known")
    func everALittle() async throws {
        var install = try Install.prepared()
        install.clock.advance(seconds: day)
        await install.authority.noteTime()
        install.clock.step(seconds: -59)
        install = try await install.restarted()
        #expect(install.authority.clockProblem == nil)
        install.clock.step(seconds: -59)
        install = try await install.restarted()
        #expect(install.authority.clockProblem?.expected == at(day))
    }

    @Test("tells of an absence of more than a day, when there was one", arguments: [0, day, day + 1, 3 * 365 * day])
    func absence(_ off: Int64) async throws {
        let install = try Install.prepared()
        #expect(install.authority.absence == nil)
        await install.authority.close()
        install.clock.advance(seconds: off)
        let again = try Install(at: install.scratch, clock: install.clock)
        #expect(again.authority.absence == (off > day ? off : nil))
        await again.authority.tendKeys()
        let days = off / day == 1 ? "1 day" : "\(off / day) days"
        #expect(again.authority.absenceNotice == (off > day ? "was off for \(days); the signing keys were brought up to date" : nil))
    }

    @Test("tells of no absence that it can't know, and not of keys that could not be brought up to date")
    func unknownAbsence() async throws {
        let install = try Install.prepared()
        await install.authority.close()
        install.clock.step(seconds: -day)
        let behind = try Install(at: install.scratch, clock: install.clock)
        #expect(behind.authority.absence == nil)
        behind.clock.step(seconds: day)
        behind.clock.advance(seconds: 200 * day)
        let sealed = try await behind.withoutMasterKey()
        await sealed.authority.tendKeys()
        #expect(sealed.authority.absenceNotice == nil)
        await sealed.authority.close()
        sealed.clock.advance(seconds: 3 * day)
        let again = try Install(at: sealed.scratch, clock: sealed.clock)
        await again.authority.tendKeys()
        #expect(again.authority.absenceNotice == "was off for 3 days")
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

    /// Fails what is written of time, as a full disk would.
    private final class FullDisk: Sendable {
        let isFull = Atomic<Bool>(false)
        private let keys = PreparedKeys()

        var seams: AuthoritySeams {
            var seams = AuthoritySeams()
            seams.makeKey = keys.maker
            seams.beforeTime = { [self] in
                if isFull.load(ordering: .relaxed) { throw StoreError(.unavailable, "the disk is full") }
            }
            return seams
        }
    }

    @Test(
        "and was behind is caught up with also when that can't be written at first",
        arguments: [true, false], ["at the next look", "by a change of the ring", "by the next start"])
    func owed(_ isRestarted: Bool, _ way: String) async throws {
        let install = try Install.prepared()
        install.clock.advance(seconds: day)
        await install.authority.close()
        // Off for twenty days, and on with a clock that was set back; an emergency makes a new standby.
        install.clock.advance(seconds: 20 * day)
        install.clock.step(seconds: -30 * day)
        let disk = FullDisk()
        var behind = try Install(at: install.scratch, clock: install.clock, seams: disk.seams)
        _ = try await behind.authority.revokeKey(behind.standby.kid, reason: "stolen", by: behind.admin)
        if isRestarted { await behind.authority.close() }
        install.clock.step(seconds: 30 * day)
        disk.isFull.store(true, ordering: .relaxed)
        if isRestarted { behind = try Install(at: install.scratch, clock: install.clock, seams: disk.seams) }
        for _ in 0..<130 { await behind.authority.upkeep() }
        #expect(behind.authority.clockProblem == nil)
        #expect(try behind.standby.publishedAt == at(day))
        disk.isFull.store(false, ordering: .relaxed)
        switch way {
        case "by a change of the ring":
            let last = behind
            let early = await refusal { try await last.authority.rotateKeys(now: false, by: last.admin) }
            #expect(early?.text("readyAt") == at(22 * day).description)
            _ = try await behind.authority.rotateKeys(now: true, by: behind.admin)
            #expect(try behind.signer.publishedAt == at(21 * day))
        case "by the next start":
            behind.shut()
            behind = try Install(at: install.scratch, clock: install.clock, seams: disk.seams)
            #expect(try behind.standby.publishedAt == at(21 * day))
        default:
            await behind.authority.upkeep()
            #expect(try behind.standby.publishedAt == at(21 * day))
        }
        // Once.
        let before = behind.authority.keys.ring.records
        install.clock.advance(seconds: 3600)
        for _ in 0..<130 { await behind.authority.upkeep() }
        #expect(behind.authority.keys.ring.records == before)
        behind = try await behind.restarted()
        #expect(behind.authority.keys.ring.records == before)
    }

    @Test("and that could not be noted as behind is so before an emergency counts on it")
    func unnoted() async throws {
        let install = try Install.prepared()
        install.clock.advance(seconds: day)
        await install.authority.close()
        install.clock.advance(seconds: 20 * day)
        install.clock.step(seconds: -30 * day)
        let disk = FullDisk()
        disk.isFull.store(true, ordering: .relaxed)
        let behind = try Install(at: install.scratch, clock: install.clock, seams: disk.seams)
        #expect(behind.authority.clockProblem?.kind == .behind)
        disk.isFull.store(false, ordering: .relaxed)
        _ = try await behind.authority.revokeKey(behind.standby.kid, reason: "stolen", by: behind.admin)
        #expect(try behind.standby.publishedAt == at(day))
        install.clock.step(seconds: 30 * day)
        await behind.authority.upkeep()
        #expect(try behind.standby.publishedAt == at(21 * day))
    }

    @Test("that was accepted is so for all that is written behind the acceptance", arguments: [-30 * day, 30 * day])
    func acceptedBefore(_ step: Int64) async throws {
        let install = try Install.prepared()
        install.clock.advance(seconds: day)
        await install.authority.noteTime()
        install.clock.step(seconds: step)
        let standby = try install.standby.kid
        let (accepted, revoked) = try await install.inOrder(
            { try await install.authority.acceptClock(by: install.admin) },
            then: { try await install.authority.revokeKey(standby, reason: "stolen", by: install.admin) })
        #expect(try accepted.get().time == at(day + step) && revoked.get().revokedAt == at(day + step))
        #expect(try install.standby.publishedAt == at(day + step) && install.record(standby).leftAt == at(day + step))
        #expect(try install.audit().suffix(3).allSatisfy { $0.timestamp == at(day + step) })
        install.clock.step(seconds: -step)
        let (again, _) = try await install.inOrder(
            { try await install.authority.acceptClock(by: install.admin) }, then: { await install.authority.noteTime() })
        #expect(try again.get().time == at(day))
        #expect(try install.store.read { try $0.get(Tables.clock, ClockRow.seen)?.moment } == at(day))
    }

    @Test("that two operators accept at once moves once")
    func acceptedTwice() async throws {
        let install = try Install.prepared()
        let before = try install.signer
        install.clock.advance(seconds: day)
        install.clock.step(seconds: 30 * day)
        let accept: @Sendable () async throws -> ClockAcceptance = { try await install.authority.acceptClock(by: install.admin) }
        let (one, other) = try await install.inOrder(accept, then: accept)
        #expect(try one.get().correctedKeys == 2 && other.get().correctedKeys == 0)
        #expect(try install.signer.publishedAt == before.publishedAt.adding(seconds: 30 * day))
        #expect(install.authority.clockProblem == nil)
    }

    @Test("is asked for after the mint limit, and once more in the commit")
    func order() async throws {
        let install = try Install.prepared { $0.mintsPerHour = 1 }
        let caller = try await install.caller(install.key(["*"]))
        _ = try await install.key(["*"], by: caller)
        install.clock.step(seconds: day)
        #expect(await refusal { try await install.key(["*"], by: caller) }?.code == .rateLimited)
        install.clock.step(seconds: -day)
        // Set between the request and its commit.
        let (_, late) = try await install.inOrder(
            { try await install.store.write { _ in install.clock.step(seconds: day) } }, then: { try await install.key(["*"]) })
        #expect(late.refusalCode == .clockUnreliable)
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
        #expect(entry.timestamp == at(2 * day))
        #expect(entry.metadata["problem"]?.contains(at(2 * day).description) == true)
    }
}
