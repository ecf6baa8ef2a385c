import LatchkeyCrypto
@testable import LatchkeyAuthority
import LatchkeyStore
@testable import LatchkeyVerifier
import Synchronization
import Testing

@Suite("A trust bundle")
struct BundleTests {
    @Test("has the next number, names the one before it, and holds what the JWKS shows")
    func form() async throws {
        let install = try Install.prepared()
        let first = try await install.bundle(validFor: 3600)
        let contents = first.contents
        #expect(first.sequence == 1 && contents.previous == nil && contents.revocation == 0)
        #expect(first.install == install.authority.install.id && first.issuer == "https://keys.example")
        #expect(first.madeAt == at(0) && first.notAfter == at(3600) && contents.anchors.isEmpty)
        #expect(contents.keys.compactMap(\.kid) == [try install.signer.kid, try install.standby.kid])
        #expect(contents.revokedTokens.count == 0 && contents.revokedSessions.count == 0)
        #expect(contents.cutOffs.count == 0 && contents.cutOffForAll == nil)
        #expect(contents.legacy == nil)
        install.clock.advance(seconds: 60)
        let second = try await install.bundle()
        #expect(second.sequence == 2 && second.contents.previous == first.hash && second.madeAt == at(60))
        let state = try first.checked(by: install.anchor, at: at(60)).state
        _ = try second.checked(by: install.anchor, state: state, at: at(60))
        let entries = try install.audit(.bundleExported)
        #expect(entries.map { $0.metadata["sequence"] } == ["1", "2"] && entries[0].metadata["sha256"] == first.hash)
        #expect(entries[0].metadata["notAfter"] == at(3600).description && entries.allSatisfy { $0.resource == "bundle" })
    }

    @Test("lives for a week unless it is told, never longer than max-bundle-life")
    func life() async throws {
        let install = try Install.prepared()
        let usual = try await install.bundle()
        #expect(usual.notAfter == at(7 * day))
        let longest = try await install.bundle(validFor: 30 * day)
        #expect(longest.notAfter == at(30 * day))
        for wrong in [0, -1, 30 * day + 1, .max] {
            let refused = await refusal { try await install.bundle(validFor: wrong) }
            #expect(refused?.code == .invalidRequest && refused?.text("field") == "validFor")
        }
        let short = try Install.prepared { $0.maxBundleLife = day }
        let bounded = try await short.bundle()
        #expect(bounded.notAfter == at(day))
        let rows = try install.bundleRows
        #expect(rows == 2)
    }

    @Test("tells the key ring: what is born after it does not sign by plan before it has ended")
    func ring() async throws {
        let install = try Install.prepared()
        _ = try await install.bundle(validFor: 30 * day)
        for key in [try install.signer, try install.standby] { #expect(key.heldByBundlesUntil == at(30 * day)) }
        install.clock.advance(seconds: day)
        _ = try await install.authority.rotateKeys(now: false, by: install.admin)
        #expect(try install.standby.bundlesLackItUntil == at(30 * day))
        // A shorter one changes nothing of that.
        _ = try await install.bundle(validFor: day)
        #expect(try install.signer.heldByBundlesUntil == at(30 * day) && install.standby.heldByBundlesUntil == at(2 * day))
    }

    @Test("is not made by a clock that can't be trusted, nor without the master key, nor by a credential that is dead")
    func refused() async throws {
        let install = try Install.prepared()
        let key = try await install.key(["*"])
        let holder = try install.caller(key)
        try await install.revoke(key)
        let dead = await refusal { try await install.authority.exportBundle(validFor: nil, by: holder) }
        #expect(dead?.code == .invalidAPIKey)
        install.clock.step(seconds: day)
        let unreliable = await refusal { try await install.bundle() }
        #expect(unreliable?.code == .clockUnreliable)
        install.clock.step(seconds: -day)
        #expect(try install.bundleRows == 0 && install.audit(.bundleExported).isEmpty)
        let sealed = try await install.withoutMasterKey()
        let closed = await refusal { try await sealed.bundle() }
        #expect(closed?.code == .signingUnavailable)
    }

    @Test("is not committed by a clock that went wrong while it was being made")
    func clockAtCommit() async throws {
        let meanwhile = Meanwhile(at: "bundle: signed")
        let install = try Install.prepared(seams: { $0.afterStep = meanwhile.seam })
        let clock = install.clock
        meanwhile.does { clock.step(seconds: day) }
        let refused = await refusal { try await install.bundle() }
        #expect(refused?.code == .clockUnreliable && meanwhile.count == 1)
        #expect(try install.bundleRows == 0 && install.audit(.bundleExported).isEmpty)
    }

    @Test("is not made while 5,000 are in use, and is made again when one of them has ended")
    func most() async throws {
        let install = try Install.prepared()
        try await install.store.write { transaction in
            for sequence: UInt64 in 1...5000 {
                let end = sequence == 17 ? at(60) : at(3600)
                try transaction.put(
                    Tables.bundles, sequence,
                    BundleRow(hash: [UInt8](repeating: 7, count: 32), madeAt: at(0), notAfter: end, revocation: 0))
            }
            try TrustNumber.bundle.raise(to: 5000, in: transaction)
        }
        let refused = await refusal { try await install.bundle() }
        #expect(refused?.code == .storageUnavailable)
        #expect(try install.bundleRows == 5000 && install.audit(.bundleExported).isEmpty)
        install.clock.advance(seconds: 120)
        let next = try await install.bundle()
        #expect(try next.sequence == 5001 && install.bundleRows == 5000)
    }

    @Test("is made again when the key ring, the anchor or the master key changed while it was being made", arguments: ["ring", "anchor"])
    func again(_ what: String) async throws {
        let meanwhile = Meanwhile(at: "bundle: signed")
        let install = try Install.prepared(seams: { $0.afterStep = meanwhile.seam })
        let store = install.store
        let standby = try install.standby
        let authority = install.authority
        meanwhile.does {
            try store.writeAndWait { transaction in
                if what == "ring" {
                    var gone = standby
                    gone.state = .retired
                    gone.sealedPrivateKey = nil
                    gone.leftAt = at(0)
                    try transaction.put(Tables.signingKeys, gone.kid, gone)
                } else {
                    let (record, _) = try authority.anchorKey(in: transaction)
                    var changed = record
                    changed.sealedSeed = try authority.sealing.seal?.seal(
                        authority.anchorKey(in: transaction).key.seed, type: "anchor", id: record.id, version: AnchorRecord.version)
                    try transaction.put(Tables.anchors, record.id, changed)
                }
            }
        }
        let bundle = try await install.bundle()
        #expect(meanwhile.count == 2 && bundle.sequence == 1)
        let kids = bundle.contents.keys.compactMap(\.kid)
        #expect(kids == (what == "ring" ? [try install.signer.kid] : [try install.signer.kid, standby.kid]))
        #expect(try install.audit(.bundleExported).count == 1)
    }

    @Test("never has the number of another, also of those that are made at once")
    func atOnce() async throws {
        let install = try Install.prepared()
        let bundles = try await withThrowingTaskGroup(of: TrustBundle.self) { group in
            for _ in 0..<16 { group.addTask { try await install.bundle() } }
            return try await group.reduce(into: [TrustBundle]()) { $0.append($1) }
        }
        let line = bundles.sorted { $0.sequence < $1.sequence }
        #expect(line.map(\.sequence) == Array(1...16))
        #expect(line.map { $0.contents.previous } == [nil] + line.dropLast().map { Optional($0.hash) })
    }

    @Test("holds all up to the number that was fixed first, read in pages, and the next one holds the rest")
    func pages() async throws {
        let meanwhile = Meanwhile(at: "bundle: page read")
        let install = try Install.prepared(seams: { $0.afterStep = meanwhile.seam })
        let ids = try await install.plantRevocations(2500)
        let late = try install.authority.ids.make(.token)
        let store = install.store
        meanwhile.does {
            try store.writeAndWait { try RevocationLog.note(RevocationRow(.token, late, until: at(600)), in: $0) }
        }
        let first = try await install.bundle()
        #expect(first.contents.revocation == 2500 && meanwhile.count == 3)
        #expect(Set(first.contents.revokedTokens.ids) == Set(ids))
        let second = try await install.bundle()
        #expect(second.contents.revocation == 2501 && Set(second.contents.revokedTokens.ids) == Set(ids + [late]))
    }

    @Test("says 100,000 revocations in less than 2 MB, each of them and no other")
    func size() async throws {
        let install = try Install.prepared()
        let ids = try await install.plantRevocations(100_000)
        let exported = try await install.authority.exportBundle(validFor: nil, by: install.admin)
        #expect(exported.file.count < 2_000_000)
        let bundle = try TrustBundle(reading: exported.file)
        #expect(bundle.contents.revokedTokens.count == 100_000)
        for id in [ids[0], ids[1], ids[99_999], ids[50_000]] {
            let revoked = try #require(ULID(id: id, prefix: "tok_"))
            #expect(bundle.contents.revokedTokens.contains(revoked))
            #expect(!bundle.contents.revokedTokens.contains(ULID(number: revoked.number ^ 1 << 60)))
        }
    }

    @Test("is remembered for as long as it may be in use, and the newest for good")
    func remembered() async throws {
        let install = try Install.prepared()
        _ = try await install.bundle(validFor: 3600)
        _ = try await install.bundle(validFor: 7200)
        #expect(try install.authority.liveBundles(10).map(\.sequence) == [2, 1])
        #expect(try install.authority.liveBundles(1).map(\.sequence) == [2])
        install.clock.advance(seconds: 3661)
        #expect(try install.authority.liveBundles(10).map(\.sequence) == [2])
        install.clock.advance(seconds: day)
        #expect(try install.authority.liveBundles(10).isEmpty && install.bundleRows == 2)
        let third = try await install.bundle(validFor: 3600)
        #expect(try third.sequence == 3 && third.contents.previous != nil && install.bundleRows == 1)
    }

    @Test("is refused when too many are in use, to the operator a thousand later than to others")
    func tooMany() async throws {
        let install = try Install.prepared()
        let reader = try await install.caller(install.key(["relayauth:admin:read:*"]))
        for (count, isForReaders, isForOperator) in [(3999, true, true), (4001, false, true), (5001, false, false)] {
            try await install.store.write { transaction in
                for sequence in UInt64(1)...UInt64(count) {
                    if try transaction.contains(Tables.bundles, sequence) { continue }
                    try transaction.put(
                        Tables.bundles, sequence,
                        BundleRow(hash: [UInt8](repeating: 0, count: 32), madeAt: at(0), notAfter: at(3600), revocation: 0))
                }
                try TrustNumber.bundle.raise(to: UInt64(count), in: transaction)
            }
            let ofReader = await refusal { try await install.authority.exportBundle(validFor: nil, by: reader) }
            let ofOperator = await refusal { try await install.bundle() }
            #expect((ofReader == nil) == isForReaders && (ofOperator == nil) == isForOperator, "\(count)")
            #expect(ofReader == nil || ofReader?.code == .storageUnavailable)
            #expect(ofReader == nil || ofReader?.message.contains("operator") == true)
        }
        install.clock.advance(seconds: 3661)
        let late = try await install.authority.exportBundle(validFor: nil, by: reader)
        #expect(late.sequence > 5000)
    }

    @Test("names the legacy key in the phases that take its tokens, and whose of them are dead")
    func legacy() async throws {
        let install = try Install.prepared()
        try await install.importSecret()
        let other = try await install.otherOrganisation().principal.organisation
        let (good, dead, gone) = try await (install.identity("good"), install.identity("dead"), install.identity("gone"))
        try await install.authority.revoke(.identity(good.id), by: install.admin)
        try await install.suspend(dead)
        try await install.authority.deleteIdentity(gone.id, by: install.admin)
        let bundle = try await install.bundle(validFor: 3600)
        let terms = try #require(bundle.contents.legacy)
        let record = try #require(install.authority.keys.ring.cutover)
        #expect(terms.kid == record.kid && terms.issuer == record.issuer && terms.until >= at(3600 + day))
        #expect(terms.elsewhereUntil == record.elsewhereUntil)
        #expect(terms.organisations.ids == [other, install.authority.firstOrganisation].sorted())
        #expect(terms.subjects.identities == [good.id, dead.id, gone.id].sorted())
        #expect(terms.subjects[good.id].map { $0 < at(60) } == true)
        #expect(terms.subjects[dead.id] == terms.until && terms.subjects[gone.id] == terms.until)
    }

    @Test("lets who holds the legacy secret tell tokens of that key apart as this install does, also within one second")
    func legacyVerdicts() async throws {
        let install = try Install.prepared()
        try await install.importSecret()
        let (identity, other) = try await (install.identity(), install.identity("other"))
        let before = try await (
            install.issue(identity) { $0.expiresIn = 86_400 }, install.issue(other) { $0.expiresIn = 86_400 }
        )
        try await install.authority.revoke(.identity(identity.id), by: install.admin)
        let after = try await install.issue(identity) { $0.expiresIn = 86_400 }
        try await install.suspend(other)
        let record = try #require(install.authority.keys.ring.cutover)
        let bundle = try await install.bundle()
        let checked = try bundle.checked(by: install.anchor, at: at(0))
        let verifier = TokenVerifier(
            bundle: try checked.accepting(legacySecret: install.legacySecret.secret, kid: record.kid),
            policy: TokenPolicy(issuer: record.issuer))
        for pair in [before.0, before.1, after] {
            let isLive = try install.isLive(pair)
            #expect((install.verdict(on: pair, by: verifier) == nil) == isLive)
        }
        #expect(try install.isLive(after) && !install.isLive(before.0) && !install.isLive(before.1))
        // Nothing has to be said of anybody once no token of the old issuer can live.
        install.clock.advance(seconds: OldIssuer.goesOn + OldIssuer.maxTTL + 119)
        let soon = try await install.bundle()
        #expect(soon.contents.legacy?.subjects.identities == [identity.id, other.id].sorted())
        install.clock.advance(seconds: 1)
        let later = try await install.bundle()
        #expect(later.contents.legacy?.subjects.count == 0)
        // What was issued here lives for longer, and is dead all the same.
        let last = try TokenVerifier(
            bundle: later.checked(by: install.anchor, at: install.clock.now()).accepting(
                legacySecret: install.legacySecret.secret, kid: record.kid))
        let (young, old) = (install.verdict(on: after, by: last), install.verdict(on: before.1, by: last))
        #expect(try (young == nil) == install.isLive(after) && (old == nil) == install.isLive(before.1))
    }

    @Test("lets who holds the legacy secret tell whose tokens are of this install, and which of them live for too long")
    func legacyOrganisations() async throws {
        let install = try Install.prepared()
        try await install.importSecret()
        let other = try await install.otherOrganisation().principal.organisation
        let record = try #require(install.authority.keys.ring.cutover)
        let checked = try await install.bundle().checked(by: install.anchor, at: at(0))
        let verifier = TokenVerifier(bundle: try checked.accepting(legacySecret: install.legacySecret.secret, kid: record.kid))
        let end = record.elsewhereUntil.seconds
        for (organisation, expiresAt, isGood) in [
            (install.authority.firstOrganisation, end, true), (other, end, true), (other, end + 1, false), ("acme", end, false),
            ("org_00000000000000000000000000", end, false), (String(other.dropLast()), end, false), (other + "0", end, false),
        ] {
            let token = install.oldToken { token in
                token.organisation = organisation
                token.expiresAt = expiresAt
            }
            let online = await install.verdict(token)
            let offline = (try? verifier.verify(token, at: at(0))) != nil
            #expect((online == nil) == isGood && offline == isGood, "\(organisation) until \(expiresAt)")
        }
    }

    @Test("says 100,000 sessions of a month in less than 2 MB, too")
    func spread() async throws {
        let install = try Install.prepared()
        let month = 30 * UInt64(day) * 1000
        var ids: [String] = []
        for number in 0..<UInt64(100_000) {
            let moment = UInt64(ManualClock.start.milliseconds) - number * (month / 100_000)
            ids.append("sess_" + ULID(milliseconds: moment, high: UInt16(number % 30_011), low: number &* 0x9E37_79B9_7F4A_7C15).text)
        }
        let sessions = ids
        try await install.store.write { transaction in
            for id in sessions { try RevocationLog.note(RevocationRow(.session, id, until: at(600)), in: transaction) }
        }
        let exported = try await install.authority.exportBundle(validFor: nil, by: install.admin)
        #expect(exported.file.count < 2_000_000)
        #expect(try TrustBundle(reading: exported.file).contents.revokedSessions.count == 100_000)
    }

    @Test("says 100,000 identities that one change cut off in less than 2 MB, each of them and no other, however old they are")
    func cutOffs() async throws {
        let install = try Install.prepared()
        let years = 10 * 365 * UInt64(day) * 1000
        let ids = (0..<UInt64(100_000)).map { number in
            let moment = UInt64(ManualClock.start.milliseconds) - number * (years / 100_000)
            return "agent_" + ULID(milliseconds: moment, high: UInt16(number % 30_011), low: number &* 0x9E37_79B9_7F4A_7C15).text
        }
        try await install.store.write { transaction in
            try TrustNumber.cut.raise(to: UInt64(at(0).milliseconds), in: transaction)
            for id in ids {
                try RevocationLog.note(RevocationRow(.identity, id, cutOff: at(0), until: at(600)), in: transaction)
            }
        }
        let exported = try await install.authority.exportBundle(validFor: nil, by: install.admin)
        #expect(exported.file.count < 2_000_000)
        let cutOffs = try TrustBundle(reading: exported.file).contents.cutOffs
        #expect(cutOffs.count == 100_000 && cutOffs.identities == ids.sorted())
        #expect(cutOffs[ids[0]] == at(0) && cutOffs[ids[99_999]] == at(0))
        #expect(cutOffs["agent_" + ULID(milliseconds: 1).text] == nil && cutOffs["agent_of_old"] == nil && cutOffs[""] == nil)
    }

    @Test("that would be larger than 16 MiB is refused with a sentence, before anything is signed, and no number is used up")
    func tooLarge() async throws {
        let meanwhile = Meanwhile(at: "bundle: signed")
        let install = try Install.prepared(
            { $0.issuer = "https://" + String(repeating: "k", count: TrustBundle.greatestSize) }, seams: { $0.afterStep = meanwhile.seam })
        let refused = await refusal { try await install.bundle() }
        #expect(
            refused?.code == .signingUnavailable && refused?.message.contains("and a trust bundle has 16777216 (16 MiB) at most") == true)
        #expect(refused?.message.contains("introspection") == true)
        #expect(try meanwhile.count == 0 && install.bundleRows == 0 && install.audit(.bundleExported).isEmpty)
    }
}

extension Install {
    /// Numbers that many tokens as revoked, as many revocations would, without the time that these take.
    func plantRevocations(_ count: Int) async throws -> [String] {
        let ids = try (0..<count).map { _ in try authority.ids.make(.token) }
        try await store.write { transaction in
            for id in ids { try RevocationLog.note(RevocationRow(.token, id, until: at(600)), in: transaction) }
        }
        return ids
    }
}

extension BundleTests {
    @Test("is made off the thread of whoever asks for it: an event loop goes on meanwhile")
    func aside() async throws {
        let watch = ThreadWatch(of: "bundle: ")
        let install = try Install.prepared(seams: { $0.afterStep = watch.seam })
        let admin = try install.admin
        let (made, loop) = try await OneThread.run { try await install.authority.exportBundle(validFor: nil, by: admin) }
        #expect(made.sequence == 1)
        #expect(!watch.threads.isEmpty && watch.threads.isDisjoint(with: loop))
    }

    @Test("is wanted by so many at once, and no more; who gives up is forgotten")
    func turns() async throws {
        let turns = Turns(most: 1)
        let gate = AsyncStream<Void>.makeStream()
        let begun = AsyncStream<Void>.makeStream()
        let first = Task {
            try await turns.take {
                begun.continuation.yield()
                for await _ in gate.stream { break }
            }
        }
        for await _ in begun.stream { break }
        let waiting = Task { try await turns.take {} }
        while turns.queue == 0 { await Task.yield() }
        await #expect(throws: AuthorityError(.storageUnavailable, "")) { try await turns.take {} }
        // Who only waits for the end of a turn is not refused.
        let order = Order()
        let reach = Task {
            try await turns.settled()
            order.note("reach")
        }
        let gone = Task { try await turns.settled() }
        while turns.watchers < 2 { await Task.yield() }
        gone.cancel()
        await #expect(throws: CancellationError.self) { try await gone.value }
        #expect(turns.watchers == 1 && turns.queue == 1)
        waiting.cancel()
        await #expect(throws: CancellationError.self) { try await waiting.value }
        #expect(turns.queue == 0 && turns.watchers == 1)
        // However often somebody waits again, those who want a turn have it next.
        let held = AsyncStream<Void>.makeStream()
        let next = Task {
            try await turns.take {
                order.note("next")
                for await _ in held.stream { break }
            }
        }
        while turns.queue == 0 { await Task.yield() }
        gate.continuation.yield()
        try await first.value
        try await reach.value
        while !order.names.contains("next") { await Task.yield() }
        let again = Task { try await turns.settled() }
        while turns.watchers == 0 { await Task.yield() }
        held.continuation.yield()
        for task in [next, again] { try await task.value }
        #expect(order.names.sorted() == ["next", "reach"] && turns.queue == 0 && turns.watchers == 0)
        // Where nobody has a turn, nobody is waited for, and none is taken.
        try await turns.settled()
        try await turns.take {}
    }
}

/// Who was let through, in the order in which they were.
private final class Order: Sendable {
    private let known = Mutex<[String]>([])
    var names: [String] { known.withLock { $0 } }
    func note(_ name: String) { known.withLock { $0.append(name) } }
}
