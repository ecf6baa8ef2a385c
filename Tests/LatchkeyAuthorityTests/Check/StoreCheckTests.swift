import FoundationEssentials
@testable import LatchkeyAuthority
import LatchkeyCrypto
import LatchkeyStore
import LatchkeyVerifier
import Testing

@Suite("A check of a store")
struct StoreCheckTests {
    /// A store that has lived, made once.
    private static let lived = Task<Scratch, any Error> {
        let install = try Install.prepared()
        try await install.live()
        return try await install.closed().copied()
    }

    private func lived() async throws -> Scratch { try await Self.lived.value.copied() }

    private static func raw(_ table: any AnyTable) -> Table<[UInt8], BytesRow> { Table(table.name, slot: table.slot) }

    @Test("has a rule for each table, and no table twice")
    func complete() {
        #expect(TableRule.all.map(\.table.slot).sorted() == Tables.all.map(\.slot))
    }

    @Test("finds nothing in a fresh store, nor in one that has lived, and looks at every row")
    func sound() async throws {
        let fresh = try await Install.prepared().closed()
        let report = try fresh.check()
        #expect(report.findings == [] && report.isSound)
        let scratch = try await lived()
        let later = try scratch.check()
        #expect(later.findings == [] && later.isSound)
        let contents = try scratch.contents()
        for count in later.counts { #expect(count.rows == contents[count.table]?.count, "in \(count.table)") }
        // Else the tests below would prove less than they say.
        #expect(contents.filter { $0.value.isEmpty }.map(\.key) == [])
    }

    @Test("finds nothing at any time of a life: after a deletion, while what it made is let go of, after sessions and keys have ended")
    func always() async throws {
        let install = try Install.prepared()
        func look(_ when: Comment) throws {
            let copy = try install.scratch.copied()
            #expect(try copy.check(at: install.clock.now()).findings == [], when)
        }
        let service = try await install.key(["*"], expiresIn: 40 * 86_400)
        let caller = try install.caller(service)
        let family = try await install.family(by: caller)
        let bearer = try install.caller(family.pairs[0])
        _ = try await install.selfService("own", expiresIn: 3600, by: bearer)
        for number in 0..<70 { _ = try await install.identity("made \(number)", ["relayfile:fs:read:*"], by: bearer) }
        try look("alive")
        try await install.authority.deleteIdentity(family.b.id, by: install.admin)
        try look("after a deletion")
        try await Fate.delete.meet(family.a.id, in: install)
        try look("after a deletion that leaves much behind")
        while await install.authority.upkeep() { try look("while it is cleared up") }
        try look("when it is cleared up")
        let token = try await install.organisationToken()
        _ = try await install.rotate(token, overlap: 60)
        for days: Int64 in [0, 1, 8, 30, 31, 10] {
            install.clock.advance(seconds: days * 86_400 + 121)
            try look("before upkeep, \(days) days later")
            while await install.authority.upkeep() { try look("in upkeep, \(days) days later") }
            try look("after upkeep, \(days) days later")
        }
        await install.authority.close()
    }

    @Test("changes not a byte of the file, also when it finds something")
    func readOnly() async throws {
        let scratch = try await lived()
        try scratch.tamper { transaction in
            let name = try transaction.first(Self.raw(Tables.identitiesByName))!.key
            try transaction.delete(Self.raw(Tables.identitiesByName), name)
        }
        let before = try scratch.dataFile
        #expect(try scratch.check().total == 1)
        #expect(try scratch.dataFile == before)
    }

    /// Rows whose loss nothing else tells of: each stands alone.
    private static let alone: Set<String> = [
        "api-key-uses", "identity-uses", "clock", "legacy-uses", "refresh-answers", "checkpoints", "bundles",
    ]

    @Test("finds any row that is lost", arguments: Tables.all.indices)
    func lost(_ index: Int) async throws {
        let table = Tables.all[index]
        let original = try await lived()
        let keys = try #require(try original.contents()[table.name]).keys.sorted { $0.lexicographicallyPrecedes($1) }
        // The first, the last and some between.
        for key in Set([0, keys.count / 3, keys.count / 2, keys.count - 1].filter { keys.indices.contains($0) }).map({ keys[$0] }) {
            let scratch = try original.copied()
            try scratch.tamper { try $0.delete(Self.raw(table), key) }
            let report = try scratch.check()
            if Self.alone.contains(table.name) || Self.isAlone(table.name, key) { continue }
            if table.name == "signing-keys", try original.hasLeftOrWaits(String(decoding: key, as: UTF8.self)) { continue }
            #expect(!report.isSound, "a row of \(table.name) was lost: \(String(decoding: key, as: UTF8.self))")
        }
    }

    /// The newest entry of the log could be the one before; notes on signing but for who signs stand alone; organisations may have nothing.
    private static func isAlone(_ table: String, _ key: [UInt8]) -> Bool {
        switch table {
        case "signer":
            let name = String(decoding: key, as: UTF8.self)
            return name == SignerRow.rsaUsed || name == SignerRow.maxAge
        case "expiries": return [4, 6, 8, 9].contains(key[8])
        default: return false
        }
    }

    @Test("finds any row that can't be read", arguments: Tables.all.indices)
    func unreadable(_ index: Int) async throws {
        let table = Tables.all[index]
        let scratch = try await lived()
        // An id or a text is readable whatever it says.
        guard !["identities-by-name", "legacy-spent", "refresh-answers", "signer", "api-key-hashes"].contains(table.name) else { return }
        try scratch.tamper { transaction in
            let key = try transaction.first(Self.raw(table))!.key
            try transaction.put(Self.raw(table), key, BytesRow([0xFF, 0x00, 0x13]))
        }
        let report = try scratch.check()
        #expect(report.findings.contains { $0.kind == .unreadable && $0.table == table.name })
    }

    @Test("finds rows that follow from nothing, and takes them away", arguments: TableRule.all.filter(\.isDerived).map(\.table.slot))
    func stray(_ slot: Int) async throws {
        let table = Tables.all[slot]
        let scratch = try await lived()
        let before = try scratch.contents()
        try scratch.tamper { transaction in
            // As a real one, of things that are not there.
            let (key, row) = try transaction.last(Self.raw(table))!
            var other = key
            for index in other.indices.dropLast(1).suffix(6) where other[index] >= 48 && other[index] <= 90 { other[index] = 48 }
            if other == key { other[other.count - 1] ^= 0x80 }
            try transaction.put(Self.raw(table), other, row)
        }
        let found = try scratch.check()
        #expect(found.findings.count == 1 && found.findings[0].table == table.name && found.findings[0].isRepairable, "\(found.findings)")
        #expect(try scratch.check(repairs: true).isSound)
        #expect(try scratch.check().findings == [])
        // The repair itself is told of by the log: what was there before is there again, beside its entry.
        let after = try scratch.contents()[table.name]!
        let kept = table.name == "audit-index" ? after.filter { before[table.name]![$0.key] != nil } : after
        #expect(kept == before[table.name])
    }

    /// Of the two ways between a thing and its makers one is left: a key that was rotated keeps the makers of the old one, and no record tells of that.
    @Test(
        "makes anew what follows from other rows, whole tables of it, in one commit that the log tells of",
        arguments: ["makings", "makers"])
    func repair(_ left: String) async throws {
        let scratch = try await lived()
        let before = try scratch.contents()
        // Last uses are derived in so far as they need their owner; they can't be made up.
        let derived = TableRule.all.filter { $0.isDerived && !["api-key-uses", "identity-uses", "expiries", left].contains($0.table.name) }
        try scratch.tamper { transaction in
            for rule in derived {
                for key in before[rule.table.name]!.keys { try transaction.delete(Self.raw(rule.table), key) }
            }
        }
        let found = try scratch.check()
        #expect(found.total >= derived.count && found.repairable == found.total && found.repaired == 0)
        let repaired = try scratch.check(repairs: true)
        #expect(repaired.isSound && repaired.repaired > 0)
        #expect(try scratch.check().findings == [])
        let after = try scratch.contents()
        for rule in derived where rule.table.name != "audit-index" {
            let (was, now) = (before[rule.table.name]!, after[rule.table.name]!)
            let lost = was.filter { now[$0.key] != $0.value }.keys.map { String(decoding: $0, as: UTF8.self) }
            let strange = now.filter { was[$0.key] == nil }.keys.map { String(decoding: $0, as: UTF8.self) }
            #expect(lost.isEmpty && strange.isEmpty, "in \(rule.table.name): lost \(lost), strange \(strange)")
        }
        let install = try Install(at: scratch)
        let entry = try #require(try install.audit().last)
        #expect(entry.action == .configurationChanged && entry.resource == "store" && entry.metadata["left"] == "0")
        #expect(entry.metadata["tables"]?.contains("tokens-by-identity") == true)
    }

    @Test("sees that the signer of a ring is lost, and leaves what tells of it", arguments: [false, true])
    func lostSigner(isInCutover: Bool) async throws {
        let install = try Install.prepared()
        if isInCutover { try await install.live() }
        let signer = try install.signer.kid
        let scratch = await install.closed()
        try scratch.tamper { try $0.delete(Tables.signingKeys, signer) }
        for repairs in [true, false] {
            let report = try scratch.check(repairs: repairs)
            #expect(!report.isSound && report.repaired == 0, "\(report.findings)")
            let kinds = Set(report.findings.filter { !$0.isRepairable }.map(\.kind))
            #expect(kinds.contains(.impossible) && (isInCutover || kinds.contains(.dangling)))
        }
    }

    @Test("sees that the standby of a ring is lost that no key has left")
    func lostStandby() async throws {
        let install = try Install.prepared()
        let standby = try install.standby.kid
        let scratch = await install.closed()
        try scratch.tamper { try $0.delete(Tables.signingKeys, standby) }
        let report = try scratch.check(repairs: true)
        #expect(report.findings.map(\.kind) == [.impossible] && !report.isSound)
    }

    @Test("sees that an entry of the log is lost, by the lists that name it, and leaves them")
    func lostEntry() async throws {
        let scratch = try await lived()
        try scratch.tamper { transaction in
            let last = try Authority.lastSequence(in: transaction)
            for sequence in [1, last / 2, last] { try transaction.delete(Tables.audit, sequence) }
        }
        let before = try scratch.contents()["audit-index"]
        for repairs in [true, false] {
            let report = try scratch.check(repairs: repairs)
            let traces = report.findings.filter { $0.table == "audit-index" }
            #expect(traces.count >= 3 && traces.allSatisfy { $0.kind == .dangling && !$0.isRepairable } && !report.isSound)
        }
        #expect(try scratch.contents()["audit-index"] == before)
    }

    @Test("strikes what retention left of an entry that could not be read")
    func leftByRetention() async throws {
        let scratch = try await lived()
        try scratch.tamper { transaction in
            let entry = try transaction.get(Tables.audit, 1)!.record()
            try transaction.delete(Tables.audit, 1)
            let place = AuditIndex.Place(entry.timestamp, entry.seq).bytes
            try transaction.delete(Tables.auditIndex, AuditIndex.prefix(entry.orgId, .all) + place)
        }
        let all = try scratch.check().findings.filter { $0.table == "audit-index" }
        #expect(!all.isEmpty && all.allSatisfy { $0.kind == .stray && $0.isRepairable })
    }

    @Test("sees that an entry of the log is lost with all that names it")
    func lostWithLists() async throws {
        let scratch = try await lived()
        try scratch.tamper { transaction in
            var entries: [AuditRecord] = []
            try transaction.scan(Tables.audit, limit: .max) { _, entry in
                entries.append(try entry.record())
                return true
            }
            let entry = entries[entries.count - 2]
            let sequence = entry.seq
            for key in AuditIndex.keys(of: entry) { try transaction.delete(Tables.auditIndex, key) }
            try transaction.delete(Tables.audit, sequence)
        }
        let report = try scratch.check(repairs: true)
        #expect(report.findings.map(\.kind) == [.missing] && report.findings.map(\.table) == ["audit-tree"] && !report.isSound)
    }

    @Test("makes nothing of gaps in the log that a restore or retention may have left")
    func gaps() {
        func entry(_ sequence: UInt64, _ action: AuditRecord.Action = .keyCreated, after seconds: Int64 = 0) -> AuditRecord {
            let moment = ManualClock.start.adding(seconds: seconds)
            return AuditRecord(
                id: AuditEntryId(moment, sequence).text, seq: sequence, timestamp: moment, action: action, actor: "system", identityId: nil,
                orgId: "", workspaceId: nil, plane: nil, resource: nil, result: .allowed, metadata: [:], ip: nil, userAgent: nil,
                requestId: "")
        }
        func problems(_ entries: [AuditRecord], seen: Timestamp? = nil) -> Int {
            var gaps = AuditGaps()
            for entry in entries { gaps.note(entry.seq, entry) }
            return gaps.problems(seen: seen) { _ in false }.count
        }
        #expect(problems([entry(1), entry(2), entry(3)]) == 0)
        #expect(problems([entry(7), entry(8), entry(10), entry(14)]) == 2)
        #expect(problems([entry(1), entry(5), entry(9, .backupRestored), entry(10)]) == 0)
        #expect(problems([entry(1), entry(5, .backupRestored), entry(7)]) == 1)
        #expect(problems([entry(1), entry(5, after: 10), entry(6, after: 86_400)]) == 0)
        #expect(problems([entry(1), entry(5)], seen: ManualClock.start.adding(seconds: 86_400)) == 0)
        #expect(problems([entry(1), entry(5)], seen: ManualClock.start.adding(seconds: 3600)) == 1)
    }

    @Test("does not call a store sound that it has not looked at again: rules that are at odds change nothing")
    func atOdds() async throws {
        let scratch = try await lived()
        try scratch.tamper { transaction in
            let name = try transaction.first(Self.raw(Tables.identitiesByName))!.key
            try transaction.delete(Self.raw(Tables.identitiesByName), name)
        }
        let row = MomentRow(ManualClock.start)
        let odd = [
            TableRule(Tables.clock) { checker, transaction in
                try checker.expect(Tables.clock, "odd", row, of: "a moment", in: transaction)
            },
            TableRule(Tables.clock) { checker, transaction in
                if try transaction.contains(Tables.clock, "odd") { try checker.strike(Tables.clock, "odd", "odd", in: transaction) }
            },
        ]
        let repair = StoreRepair(directory: scratch.store, program: "latchkey test", userId: 0, rules: TableRule.all + odd)
        let before = try scratch.dataFile
        let report = try repair.run(repairs: true, at: ManualClock.start)
        #expect(!report.isSound && report.repaired == 0 && report.problem != nil)
        #expect(try scratch.dataFile == before)
    }

    @Test("tells what was repaired from what is left, also what only a second look puts right")
    func rounds() async throws {
        let scratch = try await lived()
        try scratch.tamper { transaction in
            let name = try transaction.first(Self.raw(Tables.identitiesByName))!.key
            try transaction.delete(Self.raw(Tables.identitiesByName), name)
            let (_, record) = try transaction.first(Tables.identities)!
            try transaction.delete(Tables.identityLiveness, record.id)
        }
        let row = MomentRow(ManualClock.start)
        // One that shows only when another one was put right.
        let late = [
            TableRule(Tables.clock) { checker, transaction in
                if try transaction.contains(Tables.clock, "first") {
                    try checker.expect(Tables.clock, "second", row, of: "a second moment", in: transaction)
                }
            },
            TableRule(Tables.clock) { checker, transaction in
                try checker.expect(Tables.clock, "first", row, of: "a first moment", in: transaction)
            },
        ]
        let rules = TableRule.all.filter { $0.table.slot != Tables.clock.slot } + late
        let report = try StoreRepair(directory: scratch.store, program: "latchkey test", userId: 0, rules: rules)
            .run(repairs: true, at: ManualClock.start)
        let mended = report.findings.filter { $0.isRepaired }
        #expect(["a first moment", "a second moment"].allSatisfy { words in mended.contains { $0.sentence.contains(words) } }, "\(report)")
        #expect(report.repaired == mended.count && report.total == report.findings.count && !report.isSound)
        #expect(report.findings.contains { $0.kind == .dangling && !$0.isRepaired })
    }

    @Test("counts what it does not tell one by one, and tells of each kind")
    func counted() {
        var report = CheckReport()
        for _ in 0..<(CheckReport.most + 500) {
            report.add(CheckFinding(kind: .stray, table: "x", sentence: "stray", isRepairable: true))
        }
        report.add(CheckFinding(kind: .unreadable, table: "x", sentence: "unreadable", isRepairable: false))
        #expect(report.total == CheckReport.most + 501 && report.findings.count == CheckReport.most + 1)
        #expect(report.count(of: [.stray, .missing]) == CheckReport.most + 500 && report.count(of: [.unreadable]) == 1)
        #expect(report.findings.last?.kind == .unreadable)
    }

    @Test("tells what an authority would act on wrongly, and mends it where the record says what is right")
    func authentication() async throws {
        let scratch = try await lived()
        try scratch.tamper { transaction in
            // A key that was revoked authenticates again.
            var revived: (hash: [UInt8], row: APIKeyRow)?
            try transaction.scan(Tables.apiKeysByHash, limit: .max) { hash, row in
                if row.revokedAt != nil { revived = (hash, row) }
                return revived == nil
            }
            var (hash, row) = revived!
            row.revokedAt = nil
            try transaction.put(Tables.apiKeysByHash, hash, row)
        }
        let found = try scratch.check()
        #expect(found.findings.map(\.kind) == [.wrong] && found.findings[0].isRepairable)
        #expect(try scratch.check(repairs: true).isSound && scratch.check().isSound)
    }

    @Test("does not make up what can't be known, and says so")
    func beyondRepair() async throws {
        let scratch = try await lived()
        try scratch.tamper { transaction in
            let (place, record) = try transaction.first(Tables.identities)!
            try transaction.delete(Tables.identityLiveness, record.id)
            _ = place
        }
        let report = try scratch.check(repairs: true)
        #expect(!report.isSound && report.total > report.repaired)
        #expect(report.findings.contains { $0.kind == .dangling && !$0.isRepairable })
        #expect(try !scratch.check().isSound)
    }

    @Test("sees states that can't be")
    func impossible() async throws {
        func kinds(_ body: (borrowing WriteTransaction) throws -> Void) async throws -> Set<String> {
            let scratch = try await lived()
            try scratch.tamper(body)
            return Set(try scratch.check().findings.filter { $0.kind == .impossible }.map(\.table))
        }
        let twoSigners = try await kinds { transaction in
            try transaction.scan(Tables.signingKeys, limit: .max) { kid, key in
                guard key.state == .standby else { return true }
                var second = key
                second.state = .active
                second.activatedAt = second.createdAt
                try transaction.put(Tables.signingKeys, kid, second)
                return true
            }
        }
        #expect(twoSigners == ["signing-keys"])
        let childAlive = try await kinds { transaction in
            try transaction.scan(Tables.identities, limit: .max) { _, record in
                guard record.parentId == nil, record.name == "a" else { return true }
                var parent = record
                parent.status = .retired
                try IdentityIndex.put(parent, replacing: record, in: transaction)
                var row = try transaction.get(Tables.identityLiveness, record.id)!
                row.status = .retired
                try transaction.put(Tables.identityLiveness, record.id, row)
                return true
            }
        }
        #expect(childAlive.contains("identities"))
        let otherLife = try await kinds { transaction in
            let (id, row) = try transaction.first(Tables.identityLiveness)!
            var other = row
            other.status = row.status == .active ? .suspended : .active
            try transaction.put(Tables.identityLiveness, id, other)
        }
        #expect(otherLife.contains("identities"))
        let purged = try await kinds { transaction in
            var record = try transaction.get(Tables.cutover, CutoverRecord.key)!
            record.phase = .purged
            try transaction.put(Tables.cutover, CutoverRecord.key, record)
        }
        #expect(purged == ["cutover"])
    }

    @Test("fills tables that an older program did not have, without a word")
    func olderProgram() async throws {
        let scratch = try await lived()
        let before = try scratch.contents()
        let names = ["makings", "organisation-tokens", "api-keys-by-end", "identity-descendants"]
        // A store of a program that knew no more than the tables before these.
        let fewer = Tables.all.prefix { !names.contains($0.name) }
        #expect(fewer.count < Tables.all.count)
        let old = Scratch()
        try FileManager.default.createDirectory(atPath: old.store, withIntermediateDirectories: false)
        let store = try Store.open(
            directory: old.store, schema: Schema(application: "latchkey", version: 1, writer: "0.0.9", tables: Array(fewer)))
        try store.writeAndWait { transaction in
            for table in fewer {
                for (key, row) in before[table.name]! { try transaction.put(Self.raw(table), key, BytesRow(row)) }
            }
        }
        store.close()
        let report = try old.check()
        #expect(report.findings.allSatisfy { $0.kind != .missing } && report.writer == "0.0.9")
    }
}

extension Scratch {
    /// Whether a signing key has left the ring, whose record may be forgotten, or is the standby of a ring that others have left, which may have
    /// been revoked where no other could be made.
    fileprivate func hasLeftOrWaits(_ kid: String) throws -> Bool {
        try Store.rehearse(directory: store, schema: Tables.schema(writer: "latchkey test")) { transaction, _ in
            let key = try transaction.get(Tables.signingKeys, kid)
            return (key?.leftAt != nil || key?.state == .standby, .abort)
        }
    }
}
