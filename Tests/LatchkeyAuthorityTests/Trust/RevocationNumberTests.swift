@testable import LatchkeyAuthority
import LatchkeyStore
import LatchkeyVerifier
import Testing

@Suite("What is revoked is numbered in its commit:")
struct RevocationNumberTests {
    private func kinds(_ install: Install) throws -> [RevocationRow.Kind] {
        try install.revocations.sorted { $0.key < $1.key }.map(\.value.kind)
    }

    @Test("a token, a session, an identity, each until the last token that is meant has ended")
    func targets() async throws {
        let install = try Install()
        let identity = try await install.identity()
        let (one, two) = try await (
            install.issue(identity) { $0.expiresIn = 90 }, install.issue(identity) { $0.expiresIn = 600 }
        )
        try await install.authority.revoke(.token(one.tokenId), by: install.admin)
        install.clock.advance(seconds: 60)
        try await install.authority.revoke(.session(two.sessionId), by: install.admin)
        try await install.authority.revoke(.identity(identity.id), by: install.admin)
        let rows = try install.revocations
        #expect(rows[1] == RevocationRow(.token, one.tokenId, until: at(90 + 120)))
        #expect(rows[2] == RevocationRow(.session, two.sessionId, until: at(60 + 600 + 120)))
        #expect(rows[3] == RevocationRow(.identity, identity.id, cutOff: at(60), until: at(60 + day + 120)))
        #expect(rows.count == 3)
        // Once more changes nothing, but for an identity, of whose tokens there may be new ones.
        try await install.authority.revoke(.token(one.tokenId), by: install.admin)
        try await install.authority.revoke(.session(two.sessionId), by: install.admin)
        #expect(try install.revocations == rows)
    }

    @Test("the whole family of an identity that is suspended, retired or deleted, up to one moment", arguments: Fate.allCases)
    func fates(_ fate: Fate) async throws {
        let install = try Install()
        let family = try await install.family()
        try await fate.meet(family.a.id, in: install)
        let rows = try install.revocations.values
        #expect(Set(rows.map(\.id)) == Set(family.records.map(\.id)) && rows.count == 3)
        #expect(Set(rows.map(\.cutOff)) == [ManualClock.start] && rows.allSatisfy { $0.kind == .identity })
    }

    @Test("all that came from a key, and a session whose refresh token was used twice")
    func descendants() async throws {
        let install = try Install()
        let key = try await install.key(["*"])
        let caller = try install.caller(key)
        let mine = try await install.identity("mine", Family.scopes)
        let theirs = try await install.identity("theirs", Family.scopes, by: caller)
        let session = try await install.issue(mine, by: caller)
        _ = try await install.issue(theirs, by: caller)
        _ = try await install.revokeAll(from: key)
        #expect(try kinds(install) == [.session, .session, .identity])
        #expect(Set(try install.revocations.values.map(\.id)).isSuperset(of: [session.sessionId, theirs.id]))
        let used = try await install.issue(mine)
        _ = try await install.refresh(used)
        install.clock.advance(seconds: 60)
        let reuse = await refusal { try await install.refresh(used) }
        #expect(reuse?.code == .invalidRefreshToken)
        #expect(try install.revocations[4]?.id == used.sessionId)
    }

    @Test("none of it for a refusal, and none again after a replay: a batch that was undone gives its numbers back")
    func replay() async throws {
        let install = try Install()
        let pair = try await install.issue(install.identity())
        let refused = await refusal { try await install.authority.revoke(.token("tok_00000000000000000000000000"), by: install.admin) }
        #expect(refused?.code == .tokenNotFound)
        struct Fault: Error {}
        let store = install.store
        await withTaskGroup(of: Void.self) { group in
            for number in 0..<20 {
                group.addTask {
                    try? await store.write { transaction in
                        try RevocationLog.note(RevocationRow(.token, "tok_\(number)", until: at(600)), in: transaction)
                        if number % 2 == 0 { throw Fault() }
                    }
                }
            }
        }
        try await install.authority.revoke(.token(pair.tokenId), by: install.admin)
        let rows = try install.revocations
        #expect(rows.keys.sorted() == Array(1...11) && rows[11]?.id == pair.tokenId)
    }

    @Test("for as long as it matters, and no number comes twice")
    func upkeep() async throws {
        let install = try Install()
        let identity = try await install.identity()
        let pair = try await install.issue(identity) { $0.expiresIn = 60 }
        try await install.authority.revoke(.token(pair.tokenId), by: install.admin)
        install.clock.advance(seconds: 179)
        while await install.authority.upkeep() {}
        #expect(try install.revocations.count == 1)
        install.clock.advance(seconds: 1)
        while await install.authority.upkeep() {}
        #expect(try install.revocations.isEmpty)
        let next = try await install.issue(identity)
        try await install.authority.revoke(.token(next.tokenId), by: install.admin)
        #expect(try install.revocations.keys.sorted() == [2])
    }

    @Test("a cut-off parts what was issued before it from what is issued after it, in one millisecond and by a clock that goes back")
    func cutOffs() async throws {
        let install = try Install()
        let identity = try await install.identity()
        for step: Int64 in [0, 0, -20_000, 0, 20_000, 1] {
            install.clock.step(milliseconds: step)
            let before = try await install.issue(identity)
            try await install.authority.revoke(.identity(identity.id), by: install.admin)
            let after = try await install.issue(identity)
            let cut = try #require(try install.revocations.max { $0.key < $1.key }?.value.cutOff)
            #expect(try #require(Identifier.moment(of: before.tokenId, .token)) <= cut)
            #expect(try #require(Identifier.moment(of: after.tokenId, .token)) > cut)
            #expect(try install.isLive(after) && !install.isLive(before))
        }
    }

    @Test("and parts them also after a restart by a clock that stands a little earlier")
    func cutOffAfterRestart() async throws {
        let install = try Install()
        let identity = try await install.identity()
        install.clock.step(seconds: 40)
        let before = try await install.issue(identity)
        try await install.authority.revoke(.identity(identity.id), by: install.admin)
        install.clock.step(seconds: -40)
        let again = try await install.restarted()
        let after = try await again.issue(identity)
        let verifier = try await again.offline()
        #expect(again.verdict(on: before, by: verifier) == .revoked && again.verdict(on: after, by: verifier) == nil)
    }

    @Test("a clock that was ahead at a start, and is set back, brings nothing back: here and for verifiers, all of it has ended")
    func clockSetBack() async throws {
        let install = try Install.prepared()
        let identity = try await install.identity()
        let (one, two) = try await (install.issue(identity), install.issue(identity))
        try await install.authority.revoke(.token(two.tokenId), by: install.admin)
        install.clock.step(seconds: 2 * day)
        let ahead = try await install.restarted()
        #expect(ahead.authority.clockProblem == nil, "a long absence looks like this")
        while await ahead.authority.upkeep() {}
        #expect(try ahead.counts()["tokens"] == 0 && ahead.revocations.isEmpty)
        let meanwhile = try await ahead.issue(identity)
        ahead.clock.step(seconds: -2 * day)
        _ = try await ahead.authority.acceptClock(by: ahead.admin)
        let verifier = try await ahead.offline()
        for pair in [one, two, meanwhile] {
            #expect(try !ahead.isLive(pair))
            #expect(ahead.verdict(on: pair, by: verifier) != nil)
        }
        #expect(ahead.verdict(on: one, by: verifier) == .revoked && ahead.verdict(on: two, by: verifier) == .revoked)
        let fresh = try await ahead.issue(identity)
        let newer = try await ahead.offline()
        #expect(try ahead.isLive(fresh))
        #expect(ahead.verdict(on: fresh, by: newer) == nil)
        #expect(try ahead.audit(.clockAccepted).last?.metadata["tokens"]?.hasPrefix("all ended") == true)
    }

    @Test("a clock that is set back ends nothing where nothing had been removed by it, and what was revoked by the wrong time stays so")
    func clockSetBackInTime() async throws {
        let install = try Install.prepared()
        let identity = try await install.identity()
        let (live, dead) = try await (install.issue(identity), install.issue(identity))
        install.clock.step(seconds: 2 * day)
        let ahead = try await install.restarted()
        // By this time the token has ended long ago: it is revoked all the same.
        try await ahead.authority.revoke(.token(dead.tokenId), by: ahead.admin)
        ahead.clock.step(seconds: -2 * day)
        _ = try await ahead.authority.acceptClock(by: ahead.admin)
        let verifier = try await ahead.offline()
        #expect(try ahead.isLive(live) && !ahead.isLive(dead))
        #expect(ahead.verdict(on: live, by: verifier) == nil && ahead.verdict(on: dead, by: verifier) == .revoked)
    }

    @Test("what an older program revoked is numbered when its store is opened: all of it that can still be presented, and nothing else")
    func older() async throws {
        let install = try Install.prepared()
        let (dead, suspended, live) = try await (
            install.identity("dead", Family.scopes), install.identity("suspended"), install.identity("live")
        )
        let gone = try await install.issue(dead)
        let (byToken, bySession, good, expired) = try await (
            install.issue(live), install.issue(live), install.issue(live), install.issue(live) { $0.expiresIn = 1 }
        )
        let late = try await install.issue(suspended)
        for pair in [byToken, expired] { try await install.authority.revoke(.token(pair.tokenId), by: install.admin) }
        try await install.authority.revoke(.session(bySession.sessionId), by: install.admin)
        try await install.suspend(suspended)
        try await install.authority.deleteIdentity(dead.id, by: install.admin)
        install.clock.advance(seconds: 122)
        let scratch = await install.closed()
        try scratch.tamper { transaction in
            for number in try Array(install.numbers(transaction)) { try transaction.delete(Tables.revocations, number) }
            for number in TrustNumber.allCases { try transaction.delete(Tables.trustNumbers, number.rawValue) }
            try Authority.fillRevocations(at: at(122), in: transaction)
            // A second time there is nothing left to number.
            try Authority.fillRevocations(at: at(122), in: transaction)
        }
        let again = try Install(at: scratch, clock: install.clock)
        let rows = try again.revocations.values
        #expect(Set(rows.map(\.id)) == [byToken.tokenId, bySession.sessionId, late.sessionId, gone.sessionId] && rows.count == 4)
        let verifier = try await again.offline()
        for pair in [gone, byToken, bySession, late] { #expect(again.verdict(on: pair, by: verifier) == .revoked) }
        #expect(again.verdict(on: good, by: verifier) == nil)
    }

    @Test(
        "also when the first start of the newer program has a clock that is days away: by the earliest time that it can be",
        arguments: [30 * day, 0, -30 * day])
    func olderByAnotherClock(_ step: Int64) async throws {
        let install = try Install.prepared()
        let identity = try await install.identity()
        let (dead, ended, live) = try await (
            install.issue(identity), install.issue(identity) { $0.expiresIn = 60 }, install.issue(identity)
        )
        try await install.authority.revoke(.token(dead.tokenId), by: install.admin)
        try await install.authority.revoke(.session(ended.sessionId), by: install.admin)
        install.clock.advance(seconds: 600)
        await install.authority.noteTime()
        let migrations = Tables.migrations({ at(600 + step) })
        let migrate = try #require(migrations[1])
        let scratch = await install.closed()
        try scratch.tamper { transaction in
            for number in try Array(install.numbers(transaction)) { try transaction.delete(Tables.revocations, number) }
            for number in TrustNumber.allCases { try transaction.delete(Tables.trustNumbers, number.rawValue) }
            try migrate(transaction)
        }
        let again = try Install(at: scratch, clock: install.clock)
        let ids = Set(try again.revocations.values.map(\.id))
        // A row too many says only what is so; by a clock that is behind, what has ended seems not to have.
        #expect(ids == (step < 0 ? [dead.tokenId, ended.sessionId] : [dead.tokenId]))
        let verifier = try await again.offline()
        #expect(again.verdict(on: dead, by: verifier) == .revoked && again.verdict(on: live, by: verifier) == nil)
    }

    @Test("a number greater than any that is given is damage: it is told, nothing goes on from it", arguments: TrustNumber.allCases)
    func tooGreat(_ number: TrustNumber) async throws {
        let install = try Install.prepared()
        let scratch = await install.closed()
        try scratch.tamper { transaction in
            for sequence in [number.greatest + 1, UInt64.max] {
                try transaction.put(Tables.trustNumbers, number.rawValue, SequenceRow(sequence))
                let (isLastRefused, isNextRefused) = (refusesLast(number, transaction), refusesNext(number, transaction))
                #expect(isLastRefused && isNextRefused, "\(sequence)")
            }
            try transaction.put(Tables.trustNumbers, number.rawValue, SequenceRow(number.greatest))
            let (isLastRefused, isNextRefused) = (refusesLast(number, transaction), refusesNext(number, transaction))
            #expect(!isLastRefused && isNextRefused)
            try transaction.put(Tables.trustNumbers, number.rawValue, SequenceRow(.max))
        }
        #expect(try scratch.check().findings.contains { $0.table == Tables.trustNumbers.name })
    }

    private func refusesLast(_ number: TrustNumber, _ transaction: borrowing WriteTransaction) -> Bool {
        do { _ = try number.last(in: transaction) } catch { return error is StoreError }
        return false
    }

    private func refusesNext(_ number: TrustNumber, _ transaction: borrowing WriteTransaction) -> Bool {
        do { _ = try number.next(in: transaction) } catch { return error is StoreError }
        return false
    }

    @Test("a check finds what no bundle would tell of, and mends it; and what a bundle would tell of and lives")
    func checked() async throws {
        let install = try Install.prepared()
        let identity = try await install.identity()
        let (dead, live) = try await (install.issue(identity), install.issue(identity))
        try await install.authority.revoke(.token(dead.tokenId), by: install.admin)
        let scratch = await install.closed()
        let lost = try scratch.copied()
        try lost.tamper { transaction in
            let row = try #require(try transaction.get(Tables.revocations, 1))
            try transaction.delete(Tables.revocations, 1)
            try transaction.delete(Tables.expiries, Expiry(at: row.until, .revocation, UInt64(1).storeBytes).storeKey)
        }
        let found = try lost.check()
        #expect(found.findings.map(\.kind) == [.missing] && found.findings.allSatisfy { $0.isRepairable && $0.table == "revocations" })
        #expect(try lost.check(repairs: true).isSound)
        #expect(try lost.check().findings == [])
        let mended = try Install(at: lost, clock: install.clock)
        let verifier = try await mended.offline()
        #expect(mended.verdict(on: dead, by: verifier) == .revoked && mended.verdict(on: live, by: verifier) == nil)
        let beyond = try scratch.copied()
        try beyond.tamper { transaction in
            let row = RevocationRow(.token, dead.tokenId, until: at(3600))
            try transaction.put(Tables.revocations, 99, row)
            try Expiry(at: row.until, .revocation, UInt64(99).storeBytes).note(in: transaction)
        }
        let findings = try beyond.check().findings
        #expect(findings.map(\.kind) == [.impossible] && findings[0].sentence.contains("the revocation 99"))
        try scratch.tamper { transaction in
            try RevocationLog.note(RevocationRow(.session, live.sessionId, until: at(3600)), in: transaction)
        }
        #expect(try scratch.check().findings.map(\.kind) == [.impossible])
    }
}

extension Install {
    fileprivate func numbers(_ transaction: borrowing WriteTransaction) throws -> [UInt64] {
        var numbers: [UInt64] = []
        try transaction.scanKeys(Tables.revocations, limit: .max) { number in
            numbers.append(number)
            return true
        }
        return numbers
    }
}
