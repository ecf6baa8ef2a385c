import LatchkeyCrypto
@testable import LatchkeyAuthority
import LatchkeyStore
@testable import LatchkeyVerifier
import Testing

@Suite("The trust anchor")
struct AnchorTests {
    private func succeed(_ install: Install) async throws -> AnchorReport { try await install.authority.succeedAnchor(by: install.admin) }

    /// Why a bundle is refused by whoever holds an anchor; `nil` when it is taken.
    private func refusal(of bundle: TrustBundle, by anchor: TrustAnchor, _ state: BundleState? = nil) -> VerificationError.Reason? {
        do {
            _ = try bundle.checked(by: anchor, state: state, at: ManualClock.start)
            return nil
        } catch {
            return error.reason
        }
    }

    @Test("is there from the first start, the first of its line, and leads nowhere")
    func first() async throws {
        let install = try Install()
        let report = try install.authority.anchorReport()
        #expect(report.number == 0 && report.statements.isEmpty && report.former.isEmpty)
        #expect(report.installId == install.authority.install.id)
        let record = try #require(try install.anchors.first)
        #expect(try record.publicHalf() == report.current && record.sealedSeed != nil)
    }

    @Test("is followed by one that it signed, in one commit that destroys its private half and is told of in the log")
    func succession() async throws {
        let install = try Install.prepared()
        let old = try install.anchor
        let before = try await install.bundle()
        let batches = install.store.statistics.batches
        let report = try await succeed(install)
        #expect(install.store.statistics.batches == batches + 1)
        let new = try install.anchor
        #expect(report.current == new && new != old && report.number == 1)
        #expect(report.former.map(\.anchor) == [old] && report.former.map(\.endedAt) == [ManualClock.start])
        let statement = try #require(report.statements.first)
        #expect(try report.statements.count == 1 && statement.next(after: old) == new && statement.install == report.installId)
        #expect(try install.anchors.map { $0.sealedSeed == nil } == [true, false])
        let entry = try #require(try install.audit(.anchorSucceeded).first)
        #expect(entry.metadata["from"] == old.keyId && entry.metadata["to"] == new.keyId && entry.metadata["number"] == "1")
        // Holders of the old one are led on, and nobody goes back.
        let after = try await install.bundle()
        #expect(refusal(of: after, by: old) == nil && refusal(of: after, by: new) == nil)
        let state = try after.checked(by: old, at: ManualClock.start).state
        #expect(state.anchorNumber == 1)
        #expect(refusal(of: before, by: old, state) == .rollback && refusal(of: before, by: new) == .anchor)
    }

    @Test("goes on after a restart, a new master key and a check of the store")
    func lasting() async throws {
        let install = try Install.prepared()
        let old = try install.anchor
        _ = try await succeed(install)
        _ = try await install.authority.rewrapSeal(keyFile: nil, givingUp: nil, by: install.admin)
        let again = try await install.restarted()
        let bundle = try await again.bundle()
        #expect(refusal(of: bundle, by: old) == nil)
        let scratch = try await again.closed().copied()
        #expect(try scratch.check().findings == [])
        let key = try MasterKey.read(.file(scratch.masterKey))
        let drill = try await Drill.run(directory: scratch.store, masterKey: key, program: "latchkey test", clock: ManualClock())
        #expect(drill.isPassed && drill.anchors == 1, "\(drill)")
    }

    @Test("leads from as many before it as a bundle carries, and no further")
    func chain() async throws {
        let install = try Install.prepared()
        var held = [try install.anchor]
        for _ in 0...AnchorSuccession.greatestChain {
            _ = try await succeed(install)
            held.append(try install.anchor)
        }
        let report = try install.authority.anchorReport()
        #expect(report.statements.count == AnchorSuccession.greatestChain && report.number == Int64(held.count - 1))
        let bundle = try await install.bundle()
        let verdicts = held.map { refusal(of: bundle, by: $0) }
        #expect(verdicts[0] == .anchor && verdicts.dropFirst().allSatisfy { $0 == nil })
    }

    @Test("that was given up with its master key is followed by a stranger with the next number, and a line begins anew")
    func givenUp() async throws {
        let install = try Install.prepared()
        let first = try install.anchor
        _ = try await succeed(install)
        let old = try install.anchor
        let lost = try await install.withoutMasterKey()
        let refused = await LatchkeyAuthorityTests.refusal { try await lost.authority.succeedAnchor(by: lost.admin) }
        #expect(refused?.code == .signingUnavailable)
        _ = try await lost.authority.rewrapSeal(keyFile: nil, givingUp: "the disk is gone", by: lost.admin)
        let report = try lost.authority.anchorReport()
        #expect(report.number == 2 && report.statements.isEmpty && report.former.map(\.anchor) == [first, old])
        #expect(try lost.anchors.map { $0.sealedSeed == nil } == [true, true, false])
        let bundle = try await lost.bundle()
        #expect(refusal(of: bundle, by: old) == .anchor && refusal(of: bundle, by: first) == .anchor)
        let next = try await succeed(lost)
        #expect(next.number == 3 && next.statements.count == 1)
        let led = try await lost.bundle()
        #expect(refusal(of: led, by: report.current) == nil && refusal(of: led, by: old) == .anchor)
    }

    @Test("is not followed by one of a clock that can't be trusted, nor for another organisation's administrator")
    func refused() async throws {
        let install = try Install()
        let before = try install.anchors
        let admin = try install.admin
        let foreign = Caller(admin.principal, admin.origin, named: "org_x")
        let mismatch = await LatchkeyAuthorityTests.refusal { try await install.authority.succeedAnchor(by: foreign) }
        #expect(mismatch?.code == .organisationMismatch)
        install.clock.step(seconds: 86_400)
        let unreliable = await LatchkeyAuthorityTests.refusal { try await install.authority.succeedAnchor(by: admin) }
        #expect(unreliable?.code == .clockUnreliable)
        #expect(try install.anchors == before)
    }

    @Test("is not followed by one when the clock goes wrong before the commit, nor for a credential that is dead")
    func refusedAtCommit() async throws {
        let install = try Install.prepared()
        let before = try install.anchors
        let key = try await install.key(["*"])
        let holder = try install.caller(key)
        try await install.revoke(key)
        let dead = await LatchkeyAuthorityTests.refusal { try await install.authority.succeedAnchor(by: holder) }
        #expect(dead?.code == .invalidAPIKey)
        let store = install.store
        let gate = Gate()
        let blocker = Task { try await store.write { _ in gate.pass() } }
        await gate.waitForEntry()
        let succession = Task {
            await LatchkeyAuthorityTests.refusal { try await install.authority.succeedAnchor(by: install.admin) }?.code
        }
        while store.statistics.waiting < 1 { await Task.yield() }
        install.clock.step(seconds: 7200)
        gate.open()
        try await blocker.value
        #expect(await succession.value == .clockUnreliable)
        #expect(try install.anchors == before && install.audit(.anchorSucceeded).isEmpty)
    }

    @Test("is found out by a check when a former one kept its private half, or its statement is not its own")
    func checked() async throws {
        let install = try Install.prepared()
        _ = try await succeed(install)
        _ = try await succeed(install)
        let scratch = await install.closed()
        let records = try scratch.anchors
        func findings(_ change: (inout [AnchorRecord]) -> Void) throws -> [CheckFinding] {
            let copy = try scratch.copied()
            var changed = records
            change(&changed)
            try copy.tamper { transaction in for record in changed { try transaction.put(Tables.anchors, record.id, record) } }
            return try copy.check().findings
        }
        #expect(try findings { _ in } == [])
        #expect(try findings { $0[0].sealedSeed = $0[2].sealedSeed }.map(\.kind) == [.impossible])
        #expect(try findings { $0[1].succession = $0[2].succession }.map(\.kind) == [.impossible])
        #expect(try findings { $0[2].number = 1 }.contains { $0.sentence.contains("number 1") })
    }
}

extension Scratch {
    fileprivate var anchors: [AnchorRecord] {
        get throws {
            try Store.rehearse(directory: store, schema: Tables.schema(writer: "latchkey test")) { transaction, _ in
                (try AnchorLine(in: transaction).records, .abort)
            }
        }
    }
}
