import FoundationEssentials
@testable import LatchkeyAuthority
import LatchkeyCrypto
import LatchkeyStore
import LatchkeyVerifier
import Testing

@Suite("A backup of a running install")
struct BackUpTests {
    private let passphrase = Secret(copying: Array("several words of mine".utf8))

    private func cheap() throws -> Install { try Install.prepared(seams: { $0.backupCost = SmallBackup.cost }) }

    @Test("holds all that was committed when it began, and the entry that tells of it")
    func whole() async throws {
        let install = try cheap()
        try await install.live()
        let bytes = try await install.backup()
        let unpacked = try install.unpacked(bytes)
        #expect(unpacked.content.header.installId == install.authority.install.id && unpacked.content.header.madeAt == install.clock.now())
        #expect(unpacked.content.masterKey == nil && unpacked.content.header.encryption == nil)
        let contents = try install.contents()
        #expect(try unpacked.scratch.contents() == contents)
        let entry = try #require(try install.audit().last)
        #expect(entry.action == .backupCreated && entry.metadata == ["encrypted": "false", "masterKey": "false"])
        #expect(try unpacked.scratch.check().findings == [])
    }

    @Test("is of one moment, while writes go on", .timeLimit(.minutes(1)))
    func consistent() async throws {
        let install = try cheap()
        for number in 0..<40 { _ = try await install.key(["relayfile:fs:read:*"], name: "before \(number)") }
        let stream = try await install.authority.backUp(BackupRequest(), by: install.admin)
        defer { stream.close() }
        var bytes = try #require(try await stream.next())
        let counted = try install.counts()
        while let piece = try await stream.next() {
            bytes += piece
            _ = try await install.key(["relayfile:fs:read:*"], name: "during")
        }
        let unpacked = try install.unpacked(bytes)
        let contents = try unpacked.scratch.contents()
        // Nothing came in between the beginning and the first piece, so this is what the store held then.
        #expect(contents["api-keys"]?.count == counted["api-keys"])
        #expect(try unpacked.scratch.check().findings == [])
    }

    @Test("that was sent to its end is the newest one, whenever that is told, and a store that knows of it is sound")
    func newest() async throws {
        let install = try cheap()
        #expect(try install.authority.lastBackup() == nil)
        let now = install.clock.now()
        try await install.authority.noteBackup(of: now)
        try await install.authority.noteBackup(of: now.adding(seconds: -60))
        #expect(try install.authority.lastBackup() == now)
        let unpacked = try install.unpacked(try await install.backup())
        #expect(try unpacked.scratch.check().findings == [])
    }

    @Test("that is encrypted shows nothing of the store, and has its master key only when that is asked for", arguments: [false, true])
    func encrypted(withMasterKey: Bool) async throws {
        let install = try cheap()
        let bytes = try await install.backup(BackupRequest(passphrase: passphrase, includesMasterKey: withMasterKey))
        #expect(!contains(bytes, Array(install.authority.firstOrganisation.utf8)))
        #expect(contains(try await install.backup(), Array(install.authority.firstOrganisation.utf8)))
        let unpacked = try install.unpacked(bytes, passphrase: passphrase)
        let key = try MasterKey.read(.file(install.scratch.masterKey))
        #expect((unpacked.content.masterKey?.equals(key) ?? false) == withMasterKey)
        #expect(!contains(bytes, key.bytes))
        #expect(throws: BackupError(.passphraseNeeded, "")) { try install.unpacked(bytes) }
        #expect(throws: BackupError(.wrongPassphrase, "")) {
            try install.unpacked(bytes, passphrase: Secret(copying: Array("another".utf8)))
        }
    }

    @Test("derives its key off the thread of whoever asks for it: an event loop goes on meanwhile")
    func aside() async throws {
        let watch = ThreadWatch(of: "backup: key derived")
        let install = try Install.prepared(seams: { seams in
            seams.backupCost = SmallBackup.cost
            seams.afterStep = watch.seam
        })
        let (admin, secret) = try (install.admin, passphrase)
        let (_, loop) = try await OneThread.run {
            try await install.authority.backUp(BackupRequest(passphrase: secret), by: admin).close()
        }
        #expect(watch.threads.count == 1 && loop.count == 1 && watch.threads.isDisjoint(with: loop))
    }

    @Test("needs a passphrase that is one, and one at all for the master key")
    func refused() async throws {
        let install = try cheap()
        func field(_ request: BackupRequest) async -> String? {
            await refusal { try await install.authority.backUp(request, by: install.admin) }?.text("field")
        }
        #expect(await field(BackupRequest(includesMasterKey: true)) == "withMasterKey")
        for length in [0, 7, 1025] {
            #expect(await field(BackupRequest(passphrase: Secret(copying: [UInt8](repeating: 97, count: length)))) == "passphrase")
        }
        #expect(try install.audit(.backupCreated).isEmpty)
        await install.authority.close()
        unlinkMasterKey(install)
        let closed = try Install(at: install.scratch, clock: install.clock)
        let request = BackupRequest(passphrase: passphrase, includesMasterKey: true)
        #expect(await refusal { try await closed.authority.backUp(request, by: closed.admin) }?.code == .signingUnavailable)
    }

    @Test("holds no master key but the one that its store is sealed under")
    func foreignMasterKey() async throws {
        let install = try cheap()
        let other = try Install(at: Scratch())
        try FileManager.default.removeItem(atPath: install.scratch.masterKey)
        try FileManager.default.copyItem(atPath: other.scratch.masterKey, toPath: install.scratch.masterKey)
        let request = BackupRequest(passphrase: passphrase, includesMasterKey: true)
        #expect(await refusal { try await install.authority.backUp(request, by: install.admin) }?.code == .signingUnavailable)
        #expect(try install.audit(.backupCreated).isEmpty)
        // Without it the backup is as good as any.
        let bytes = try await install.backup(BackupRequest(passphrase: passphrase))
        #expect(!bytes.isEmpty)
    }

    @Test("is not begun for a credential that is dead, nor for another organisation's administrator")
    func callers() async throws {
        let install = try cheap()
        let key = try await install.key(["*"])
        let holder = try install.caller(key)
        try await install.revoke(key)
        let dead = await refusal { try await install.authority.backUp(BackupRequest(), by: holder) }
        #expect(dead?.code == .invalidAPIKey)
        let admin = try install.admin
        let foreign = Caller(admin.principal, admin.origin, named: "org_x")
        let mismatch = await refusal { try await install.authority.backUp(BackupRequest(), by: foreign) }
        #expect(mismatch?.code == .organisationMismatch)
        #expect(try install.audit(.backupCreated).isEmpty)
        // Nobody waits for one that did not begin.
        let bytes = try await install.backup()
        #expect(!bytes.isEmpty)
    }

    @Test("takes as a passphrase what can be typed again, however its letters are put together")
    func passphrases() throws {
        func passphrase(_ text: String) -> [UInt8]? {
            let bytes = Array(text.utf8)
            return BackupRequest.passphrase(bytes.span)?.withBytes { bytes in bytes.indices.map { bytes[$0] } }
        }
        for bad in ["first line\nsecond line", "with a \t tab", "with a \u{7F} mark", "1234567", String(repeating: "a", count: 1025)] {
            #expect(passphrase(bad) == nil, "\(bad)")
        }
        #expect(passphrase("12345678") == Array("12345678".utf8))
        #expect(passphrase(String(repeating: "a", count: 1024))?.count == 1024)
        #expect(
            passphrase("caf\u{E9} noir") == Array("caf\u{E9} noir".utf8) && passphrase("cafe\u{301} noir") == Array("caf\u{E9} noir".utf8))
        let noText: [UInt8] = [0xFF, 0xFE, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80]
        #expect(BackupRequest.passphrase(noText.span) == nil)
    }

    @Test("is made one at a time; the next one may begin when it is done, given up or dropped", .timeLimit(.minutes(1)))
    func turns() async throws {
        let install = try cheap()
        func isRefused() async -> Bool {
            await refusal { try await install.authority.backUp(BackupRequest(), by: install.admin) }?.code == .storageUnavailable
        }
        let first = try await install.authority.backUp(BackupRequest(), by: install.admin)
        _ = try await first.next()
        #expect(await isRefused())
        while try await first.next() != nil {}
        let second = try await install.authority.backUp(BackupRequest(), by: install.admin)
        #expect(await isRefused())
        second.close()
        var third: BackupStream? = try await install.authority.backUp(BackupRequest(), by: install.admin)
        _ = try await third?.next()
        #expect(await isRefused())
        third = nil
        // One that could not begin does not hold up the next.
        unlinkMasterKey(install)
        let request = BackupRequest(passphrase: passphrase, includesMasterKey: true)
        #expect(await refusal { try await install.authority.backUp(request, by: install.admin) }?.code == .signingUnavailable)
        let bytes = try await install.backup()
        #expect(!bytes.isEmpty)
    }

    @Test("is given up when its reader dawdles, and lets go of the store", .timeLimit(.minutes(1)))
    func dawdling() async throws {
        let install = try cheap()
        let stream = try await install.authority.backUp(BackupRequest(), by: install.admin)
        install.clock.advance(seconds: 590)
        // The file's head; the copy is still to come.
        #expect(try await stream.next() != nil)
        install.clock.advance(seconds: 60)
        await #expect(throws: BackupError(.unavailable, "")) { try await stream.next() }
        let next = try await install.authority.backUp(BackupRequest(), by: install.admin)
        next.close()
        await install.authority.close()
    }

    private func unlinkMasterKey(_ install: Install) { try? FileManager.default.removeItem(atPath: install.scratch.masterKey) }

    @Test("that nobody reads to its end lets go of the store", .timeLimit(.minutes(1)))
    func abandoned() async throws {
        let install = try cheap()
        for number in 0..<20 { _ = try await install.key(["relayfile:fs:read:*"], name: "key \(number)") }
        let stream = try await install.authority.backUp(BackupRequest(), by: install.admin)
        _ = try await stream.next()
        stream.close()
        await #expect(throws: StoreError.self) { while try await stream.next() != nil {} }
        // One that is only dropped, too: closing waits for every snapshot.
        var dropped: BackupStream? = try await install.authority.backUp(BackupRequest(), by: install.admin)
        _ = try await dropped?.next()
        dropped = nil
        await install.authority.close()
    }
}

@Suite("A restore drill")
struct DrillTests {
    private func masterKey(_ scratch: Scratch) throws -> Secret { try MasterKey.read(.file(scratch.masterKey)) }

    private func drill(_ store: Scratch, _ key: Secret?) async throws -> DrillReport {
        try await Drill.run(directory: store.store, masterKey: key, program: "latchkey test", clock: ManualClock())
    }

    @Test("opens every key, mints a token and verifies it", arguments: [false, true])
    func passed(inCutover: Bool) async throws {
        let install = try Install.prepared()
        if inCutover { try await install.live() }
        let store = try await install.unpacked(install.backup()).scratch
        let report = try await drill(store, masterKey(install.scratch))
        #expect(report.isPassed && report.signingKeys == 2 && report.anchors == 1 && report.hasLegacySecret == inCutover)
        #expect(report.tokenAlgorithm == (inCutover ? "HS256" : "RS256"), "\(report.tokenProblem ?? "") \(report.keyProblem ?? "")")
        #expect(report.check.rows > 10)
    }

    @Test("goes by the time of the store where the host's is behind it")
    func future() async throws {
        let install = try Install.prepared()
        install.clock.advance(seconds: 400 * 86_400)
        await install.authority.noteTime()
        let store = try await install.unpacked(install.backup()).scratch
        #expect(try await drill(store, masterKey(install.scratch)).isPassed)
    }

    @Test("without the master key tries no key, and says so; with another one it fails")
    func keys() async throws {
        let install = try Install.prepared()
        let backup = try await install.backup()
        let without = try await drill(install.unpacked(backup).scratch, nil)
        #expect(without.isPassed && !without.triesKeys && without.signingKeys == 0 && without.tokenAlgorithm == nil)
        let wrong = try await drill(install.unpacked(backup).scratch, Secret(copying: [UInt8](repeating: 1, count: 32)))
        #expect(!wrong.isPassed && wrong.keyProblem?.contains("not the one") == true && wrong.tokenProblem != nil)
    }

    @Test("finds a private half that does not open in its place, of a key that does not sign yet, and of the anchor")
    func damagedKeys() async throws {
        let install = try Install.prepared()
        let (signer, standby) = try (install.signer, install.standby)
        let key = try masterKey(install.scratch)
        let backup = try await install.backup()
        let store = try install.unpacked(backup).scratch
        try store.tamper { transaction in
            var moved = standby
            moved.sealedPrivateKey = signer.sealedPrivateKey
            try transaction.put(Tables.signingKeys, moved.kid, moved)
        }
        let report = try await drill(store, key)
        #expect(!report.isPassed && report.keyProblem?.contains(standby.kid) == true && report.signingKeys == 1)
        let other = try install.unpacked(backup).scratch
        try other.tamper { transaction in
            var (id, anchor) = try transaction.first(Tables.anchors)!
            anchor.sealedSeed = signer.sealedPrivateKey
            try transaction.put(Tables.anchors, id, anchor)
        }
        #expect(try await drill(other, key).keyProblem?.contains("trust anchor") == true)
    }

    @Test("finds an anchor whose private half is another key's, and a store in which no anchor has one")
    func wrongAnchor() async throws {
        let install = try Install.prepared()
        let key = try masterKey(install.scratch)
        let seal = try #require(install.authority.sealing.seal)
        let stranger = try Ed25519PrivateKey.generate()
        let backup = try await install.backup()
        func report(_ change: (inout AnchorRecord) throws -> Void) async throws -> DrillReport {
            let store = try install.unpacked(backup).scratch
            try store.tamper { transaction in
                var (id, anchor) = try transaction.first(Tables.anchors)!
                try change(&anchor)
                try transaction.put(Tables.anchors, id, anchor)
            }
            return try await drill(store, key)
        }
        let other = try await report {
            $0.sealedSeed = try seal.seal(stranger.seed, type: "anchor", id: $0.id, version: AnchorRecord.version)
        }
        #expect(!other.isPassed && other.anchors == 0 && other.keyProblem?.contains("does not open, or does not sign") == true)
        let none = try await report { $0.sealedSeed = nil }
        #expect(!none.isPassed && none.anchors == 0 && none.keyProblem?.contains("no trust anchor has its private half") == true)
    }

    @Test("fails for a store with a fault that every key and token survives")
    func unsound() async throws {
        let install = try Install.prepared()
        _ = try await install.identity()
        let store = try await install.unpacked(install.backup()).scratch
        try store.tamper { transaction in
            let key = try transaction.first(Tables.identitiesByFilter)!.key
            try transaction.delete(Tables.identitiesByFilter, key)
        }
        let report = try await drill(store, masterKey(install.scratch))
        #expect(!report.isPassed && report.keyProblem == nil && report.tokenProblem == nil && report.check.total == 1)
    }
}
