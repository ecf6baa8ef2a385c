@testable import LatchkeyAuthority
import LatchkeyStore
import LatchkeyVerifier
import Testing

@Suite("What retention removed is told by the log itself:")
struct AuditRemovalTests {
    private static let day: Int64 = 86_400

    private func clean(_ install: Install) async { while await install.authority.removeOldAuditEntries() {} }

    private func leaves(_ note: AuditRecord) throws -> LeafRanges {
        try #require(LeafRanges(note.metadata[RemovalNote.member] ?? "none"))
    }

    @Test("an entry for each batch, of the organisation whose entries go, in the commit that removes them")
    func told() async throws {
        let install = try Install { $0.auditRetentionDays = 10 }
        let other = try await install.otherOrganisation()
        let organisations = [install.authority.firstOrganisation, other.principal.organisation, ""]
        try await install.randomLog(900, organisations: organisations)
        let before = try install.audit()
        install.clock.advance(seconds: 11 * Self.day)
        let cutOff = install.clock.now().adding(seconds: -10 * Self.day)
        var rounds = 1
        while await install.authority.removeOldAuditEntries() { rounds += 1 }
        let left = try install.audit()
        #expect(rounds == 2 && left.allSatisfy { $0.action == .auditRemoved && $0.actor == "system" && $0.resource == "audit" })
        for organisation in organisations {
            let gone = before.filter { $0.orgId == organisation }
            let notes = left.filter { $0.orgId == organisation }
            #expect(notes.count == 2)
            #expect(notes.map { $0.metadata["count"] } == ["256", String(gone.count - 256)])
            #expect(notes.allSatisfy { $0.metadata["before"] == cutOff.description && $0.metadata["reason"] == "retention" })
            let first = try leaves(notes[0])
            let all = try first.union(leaves(notes[1]))
            #expect(first.count == 256 && all == LeafRanges(gone.map { $0.seq - 1 }))
        }
        // Listed as any other entry: to its own organisation.
        var filter = AuditFilter()
        filter.action = "audit.removed"
        #expect(try install.query(filter, by: other).entries.map(\.orgId) == [organisations[1], organisations[1]])
        try install.expectTrueIndexes()
        let report = try await install.closed().examineLog()
        #expect(report.isGood && report.removed == UInt64(before.count) && report.absent.count == 1)
    }

    @Test("two at once tell it once")
    func once() async throws {
        let install = try Install { $0.auditRetentionDays = 1 }
        try await install.fillLog(100)
        install.clock.advance(seconds: 2 * Self.day)
        async let one = install.authority.removeOldAuditEntries()
        async let two = install.authority.removeOldAuditEntries()
        _ = await (one, two)
        #expect(try install.audit().map(\.action) == [.auditRemoved])
        #expect(try await install.closed().examineLog().isGood)
    }

    @Test("an entry that was edited tells nothing, and what it had told is named")
    func edited() async throws {
        let install = try Install { $0.auditRetentionDays = 1 }
        try await install.fillLog(20)
        install.clock.advance(seconds: 2 * Self.day)
        await clean(install)
        let note = try #require(install.audit().last)
        try await install.fillLog(5)
        let hidden = note.seq + 2
        let removed = try leaves(note)
        let scratch = await install.closed()
        try scratch.tamper { transaction in
            let entry = try transaction.get(Tables.audit, note.seq)!
            let text = String(decoding: entry.json, as: UTF8.self).replacing("\"leaves\":\"0", with: "\"leaves\":\"1")
            #expect(text != String(decoding: entry.json, as: UTF8.self))
            try transaction.put(Tables.audit, note.seq, AuditEntry(stored: Array(text.utf8)))
            try transaction.delete(Tables.audit, hidden)
            try AuditLog.noteRemoved([hidden], in: transaction)
        }
        let report = try scratch.examineLog()
        let untold = removed.ranges.flatMap { $0.map { "untold leaf \($0) seq \($0 + 1)" } }
        #expect(report.told == untold + ["changed leaf \(note.seq - 1) seq \(note.seq)", "untold leaf \(hidden - 1) seq \(hidden)"])
    }

    @Test("an entry tells of what came before it, and of nothing after it")
    func ahead() async throws {
        let install = try Install()
        let (now, organisation) = (install.clock.now(), install.authority.firstOrganisation)
        let note = try await install.store.write { transaction in
            var draft = AuditDraft(.auditRemoved, actor: "somebody", organisation: organisation)
            draft.metadata = [RemovalNote.member: "0-1000000"]
            return try Authority.append(draft, at: now, in: transaction)
        }
        try await install.fillLog(5)
        let scratch = await install.closed()
        try scratch.tamper { transaction in
            for sequence in [note.seq - 1, note.seq + 1] {
                try transaction.delete(Tables.audit, sequence)
                try AuditLog.noteRemoved([sequence], in: transaction)
            }
        }
        #expect(try scratch.examineLog().told == ["untold leaf \(note.seq) seq \(note.seq + 1)"])
    }

    @Test("a long life leaves few such entries: a new one takes over what old ones told, until it is full")
    func longLife() async throws {
        let install = try Install { $0.auditRetentionDays = 1 }
        let other = try await install.otherOrganisation()
        let organisations = [install.authority.firstOrganisation, other.principal.organisation]
        for _ in 0..<200 {
            // Leaves of two organisations in turn: nothing that is removed lies side by side.
            try await install.log(
                (0..<6).map { (AuditDraft(.tokenIssued, actor: "a", organisation: organisations[$0 % 2]), install.clock.now()) })
            install.clock.advance(seconds: Self.day + 1)
            await clean(install)
        }
        let notes = try install.audit(.auditRemoved)
        #expect(notes.count <= 12, "\(notes.count)")
        for note in notes { #expect(try leaves(note).ranges.count <= 512) }
        try install.expectTrueIndexes()
        let report = try await install.closed().examineLog()
        #expect(report.isGood && report.removed > 1200, "\(report.told.prefix(5))")
    }

    @Test("an idle install is left alone: one entry does not take the place of another for ever")
    func idle() async throws {
        let install = try Install { $0.auditRetentionDays = 1 }
        try await install.fillLog(10)
        install.clock.advance(seconds: 2 * Self.day)
        await clean(install)
        let notes = try install.audit()
        for _ in 0..<5 {
            install.clock.advance(seconds: 2 * Self.day)
            await clean(install)
        }
        #expect(try install.audit() == notes && notes.count == 1)
    }

    @Test("what another one edited is not taken over, and stays for everybody to see")
    func notTakenOver() async throws {
        let install = try Install { $0.auditRetentionDays = 1 }
        try await install.fillLog(10)
        install.clock.advance(seconds: 2 * Self.day)
        await clean(install)
        let note = try #require(install.audit().last)
        let scratch = await install.closed()
        try scratch.tamper { transaction in
            let entry = try transaction.get(Tables.audit, note.seq)!
            let text = String(decoding: entry.json, as: UTF8.self).replacing("\"count\":\"", with: "\"count\":\"1")
            try transaction.put(Tables.audit, note.seq, AuditEntry(stored: Array(text.utf8)))
        }
        let again = try Install(at: scratch, clock: install.clock) { $0.auditRetentionDays = 1 }
        try await again.fillLog(3)
        again.clock.advance(seconds: 2 * Self.day)
        await clean(again)
        #expect(try again.audit().map(\.action) == [.auditRemoved, .auditRemoved])
        let report = try await again.closed().examineLog()
        #expect(report.told.contains("changed leaf \(note.seq - 1) seq \(note.seq)") && report.told.contains("untold leaf 0 seq 1"))
    }

    @Test("an entry that somebody deleted is not told to have been removed when its time is over")
    func notCovered() async throws {
        let install = try Install { $0.auditRetentionDays = 1 }
        try await install.fillLog(10)
        let last = try #require(try install.audit().last?.seq)
        let scratch = await install.closed()
        try scratch.tamper { try $0.delete(Tables.audit, last - 2) }
        let again = try Install(at: scratch, clock: install.clock) { $0.auditRetentionDays = 1 }
        again.clock.advance(seconds: 2 * Self.day)
        await clean(again)
        #expect(try again.audit().map(\.action) == [.auditRemoved])
        #expect(try await again.closed().examineLog().told == ["missing leaf \(last - 3) seq \(last - 2)"])
    }

    @Test("nobody gets an entry removed by a list that says that it is old, or by changing it")
    func notOld() async throws {
        let install = try Install { $0.auditRetentionDays = 10 }
        try await install.fillLog(10)
        let entry = try #require(install.audit().last)
        install.clock.advance(seconds: 11 * Self.day)
        try await install.fillLog(3, "young")
        let young = try #require(install.audit().last)
        let (organisation, old) = (install.authority.firstOrganisation, ManualClock.start.adding(seconds: -Self.day))
        let scratch = await install.closed()
        try scratch.tamper { transaction in
            let place = AuditIndex.Place(old, young.seq)
            try transaction.put(Tables.auditIndex, AuditIndex.prefix(organisation, .all) + place.bytes, EmptyRow())
            let text = String(decoding: entry.json(), as: UTF8.self).replacing("\"actor\":\"system\"", with: "\"actor\":\"nobody\"")
            try transaction.put(Tables.audit, entry.seq, AuditEntry(stored: Array(text.utf8)))
        }
        let again = try Install(at: scratch, clock: install.clock) { $0.auditRetentionDays = 10 }
        await clean(again)
        #expect(try again.audit().map(\.actor) == ["nobody", "young", "young", "young", "system"])
        #expect(try await again.closed().examineLog().told == ["changed leaf \(entry.seq - 1) seq \(entry.seq)"])
    }

    @Test("killed between two batches, with another retention, and by a clock that was a month ahead: the log holds")
    func turns() async throws {
        let install = try Install { $0.auditRetentionDays = 30 }
        try await install.fillLog(700)
        let early = try await install.head()
        install.clock.advance(seconds: 2 * Self.day)
        try await install.fillLog(40, "later")
        await clean(install)
        #expect(try install.audit(.auditRemoved) == [])
        // The operator has come to want less.
        var shorter = try await install.restarted { $0.auditRetentionDays = 1 }
        var isOver = false
        while !isOver {
            isOver = await !shorter.authority.removeOldAuditEntries()
            let killed = try shorter.scratch.copied()
            let report = try killed.examineLog(heads: [early])
            #expect(report.isGood, "\(report.told.prefix(5))")
        }
        #expect(try shorter.audit(.auditRemoved).count == 3)
        // A clock that is ahead takes all; set right, it goes on with moments from before those.
        shorter.clock.advance(seconds: 31 * Self.day)
        await clean(shorter)
        #expect(try shorter.audit().allSatisfy { $0.action == .auditRemoved })
        shorter.clock.step(seconds: -31 * Self.day)
        shorter = try await shorter.restarted { $0.auditRetentionDays = 1 }
        let moment = shorter.clock.now()
        try await shorter.log(
            (0..<20).map { _ in (AuditDraft(.tokenIssued, actor: "right", organisation: shorter.authority.firstOrganisation), moment) })
        for _ in 0..<61 { _ = await shorter.authority.upkeep() }
        #expect(try shorter.audit().count { $0.actor == "right" } == 20, "by a clock that nobody trusts nothing is old")
        _ = try await shorter.authority.acceptClock(by: shorter.admin)
        await clean(shorter)
        #expect(try shorter.audit().count { $0.actor == "right" } == 20)
        shorter.clock.advance(seconds: 2 * Self.day)
        await clean(shorter)
        #expect(try shorter.audit().count { $0.actor == "right" } == 0)
        // And for ever, in the end.
        let last = try await shorter.restarted { $0.auditRetentionDays = 0 }
        let notes = try last.audit()
        last.clock.advance(seconds: 400 * Self.day)
        await clean(last)
        #expect(try last.audit() == notes)
        let report = try await last.closed().examineLog(heads: [early])
        #expect(report.isGood && report.outcomes == [.extended], "\(report.told.prefix(5))")
    }

    @Test("a proof that was made before holds after, none is made any more, and a backup from before is restored without a fault")
    func before() async throws {
        let install = try Install { $0.auditRetentionDays = 1 }
        try await install.fillLog(30)
        let (proof, anchor) = try await (install.authority.auditProof(of: 9, by: install.admin), install.anchor)
        let head = try await install.head()
        let backup = try await install.backup()
        install.clock.advance(seconds: 2 * Self.day)
        await clean(install)
        try proof.check(anchor)
        #expect(await refusal { try await install.authority.auditProof(of: 9, by: install.admin) }?.code == .auditEntryNotFound)
        let late = try await install.head()
        let restored = try await Restored.of(install, backup)
        try await restored.install.authority.auditProof(of: 9, by: restored.install.admin).check(anchor)
        // What came back with the backup goes once more.
        let again = try await restored.install.restarted { $0.auditRetentionDays = 1 }
        await clean(again)
        let report = try await again.closed().examineLog(heads: [head, late])
        #expect(report.isGood && report.outcomes == [.extended, .extended], "\(report.told.prefix(5))")
    }

    @Test("a look at the whole that began before a removal waits for the entry that tells of it")
    func meanwhile() async throws {
        let install = try Install { $0.auditRetentionDays = 1 }
        try await install.fillLog(700)
        install.clock.advance(seconds: 2 * Self.day)
        let extent = try install.logSize
        func page(_ first: UInt64, _ extent: UInt64) throws -> LogPage {
            try install.store.read { try AuditLog.page(from: first, extent: extent, in: $0) }
        }
        var look = LogExamination(install: install.authority.install.id)
        look.take(try page(0, extent))
        await clean(install)
        look.take(try page(look.size, extent))
        #expect(look.size == extent && look.awaitsNotes)
        var early = look
        let tooEarly = early.finish()
        #expect(!tooEarly.isGood)
        look.take(try page(look.size, install.logSize))
        #expect(!look.awaitsNotes)
        let report = look.finish()
        #expect(report.isGood && report.size == extent + 3, "\(report.told.prefix(5))")
    }
}
