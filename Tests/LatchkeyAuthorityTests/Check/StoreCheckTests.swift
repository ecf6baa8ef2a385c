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
        "api-key-uses", "identity-uses", "clock", "legacy-uses", "cutover", "refresh-answers", "bundles",
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
            #expect(!report.isSound, "a row of \(table.name) was lost: \(String(decoding: key, as: UTF8.self))")
        }
    }

    /// The newest entry of the log could be the one before; notes on signing but for who signs stand alone; organisations may have nothing.
    private static func isAlone(_ table: String, _ key: [UInt8]) -> Bool {
        switch table {
        case "signer":
            let name = String(decoding: key, as: UTF8.self)
            return name == SignerRow.rsaUsed || name == SignerRow.maxAge
        case "signing-keys": return true
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
