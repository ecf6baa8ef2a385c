import FoundationEssentials
import Glibc
@testable import LatchkeyAuthority
import LatchkeyCrypto
import LatchkeyStore
import LatchkeyVerifier
import Testing

@Suite("A new master key")
struct RewrapTests {
    private func rewrap(_ install: Install, keyFile: String? = nil, givingUp reason: String? = nil) async throws -> SealRewrap {
        try await install.authority.rewrapSeal(keyFile: keyFile, givingUp: reason, by: install.admin)
    }

    private func reopened(_ install: Install, masterKey: MasterKey.Source? = nil) async throws -> Install {
        await install.authority.close()
        return try Install(at: install.scratch, clock: install.clock, masterKey: masterKey)
    }

    private func isThere(_ path: String) -> Bool {
        var status = stat()
        return lstat(path, &status) == 0
    }

    @Test("opens every sealed record, takes the old one's place, and says where that one lies")
    func done() async throws {
        let install = try Install.prepared()
        let before = try Data(contentsOf: URL(filePath: install.scratch.masterKey))
        let done = try await rewrap(install)
        #expect(try done.records == 3 && done.records == install.authority.sealedRecords())
        #expect(done.masterKey == install.scratch.masterKey && !done.endsCutover)
        #expect(try Data(contentsOf: URL(filePath: #require(done.oldMasterKey))) == before)
        #expect(try Data(contentsOf: URL(filePath: install.scratch.masterKey)) != before)
        #expect(!isThere(install.scratch.masterKey + ".next"))
        let again = try await reopened(install)
        #expect(again.authority.sealState == .open)
        _ = try await again.issue(again.identity())
        // The old one opens nothing any more.
        unlink(install.scratch.masterKey)
        try before.write(to: URL(filePath: install.scratch.masterKey))
        chmod(install.scratch.masterKey, 0o400)
        let wrong = try await reopened(again)
        #expect(wrong.authority.sealState != .open)
    }

    @Test("that can't be moved into its place is kept where it is: no second attempt ends the only copy")
    func misplaced() async throws {
        let install = try Install.prepared()
        let (path, next, old) = (
            install.scratch.masterKey, install.scratch.masterKey + ".next", install.scratch.masterKey + ".old"
        )
        mkdir(old, 0o700)
        let first = try #require(await refusal { try await rewrap(install) })
        #expect(first.code == .storageUnavailable && first.message.contains(next) && !first.message.contains("unusable("))
        let key = try Data(contentsOf: URL(filePath: next))
        let second = try #require(await refusal { try await rewrap(install) })
        #expect(second.code == .storageUnavailable && second.message.contains("nothing was changed"))
        #expect(try Data(contentsOf: URL(filePath: next)) == key)
        let service = try #require(install.authority.services.first { $0.name == "seal" })
        #expect(service.level == .degraded && service.detail?.contains(next) == true)
        // A start finds it where it is, and says so; once nothing is in the way, it goes where it belongs.
        let started = try await reopened(install)
        #expect(started.authority.sealState == .open)
        #expect(started.authority.services.first { $0.name == "seal" }?.level == .degraded)
        rmdir(old)
        let mended = try await reopened(started)
        #expect(mended.authority.sealState == .open)
        #expect(mended.authority.services.first { $0.name == "seal" }?.level == .healthy)
        #expect(try Data(contentsOf: URL(filePath: path)) == key && !isThere(next))
    }

    @Test(
        "is found beside its place whatever lies in it",
        arguments: ["nothing", "an empty file", "the old one", "a file that others can read", "a directory"])
    func found(_ what: String) async throws {
        let install = try Install.prepared()
        let (path, next) = (install.scratch.masterKey, install.scratch.masterKey + ".next")
        let old = try Data(contentsOf: URL(filePath: path))
        _ = try await rewrap(install)
        #expect(rename(path, next) == 0)
        switch what {
        case "an empty file": try Data().write(to: URL(filePath: path))
        case "the old one": try old.write(to: URL(filePath: path))
        case "a directory": mkdir(path, 0o700)
        case "a file that others can read": try old.write(to: URL(filePath: path))
        default: break
        }
        chmod(path, what == "a file that others can read" ? 0o444 : 0o400)
        let started = try await reopened(install)
        #expect(started.authority.sealState == .open)
        #expect((started.authority.services.first { $0.name == "seal" }?.level == .degraded) == (what == "a directory"))
        rmdir(path)
    }

    @Test("is put where a link leads, not in the link's place")
    func link() async throws {
        let install = try Install.prepared()
        let (path, elsewhere) = (install.scratch.masterKey, install.scratch.path + "/stick")
        mkdir(elsewhere, 0o700)
        await install.authority.close()
        #expect(rename(path, elsewhere + "/key") == 0)
        #expect(symlink(elsewhere + "/key", path) == 0)
        let linked = try Install(at: install.scratch, clock: install.clock)
        let done = try await rewrap(linked)
        #expect(done.oldMasterKey?.hasSuffix("/stick/key.old") == true)
        var status = stat()
        #expect(lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFLNK)
        let started = try await reopened(linked)
        #expect(started.authority.sealState == .open)
    }

    @Test("can be brought as a file; the one in use can't")
    func brought() async throws {
        let install = try Install.prepared()
        let file = install.scratch.path + "/brought"
        #expect(await refusal { try await rewrap(install, keyFile: file) }?.details.first?.value == .text("keyFile"))
        _ = try MasterKey.create(at: file)
        #expect(
            await refusal { try await rewrap(install, keyFile: install.scratch.masterKey) }?.message.contains("in use") == true)
        let done = try await rewrap(install, keyFile: file)
        #expect(done.oldMasterKey == nil && done.records == 3)
        let started = try await reopened(install, masterKey: .provided(file))
        #expect(started.authority.sealState == .open)
    }

    @Test("in the place of a lost one: every key is revoked, also one whose grace is over, two new ones sign and stand by")
    func lost() async throws {
        let install = try Install.prepared()
        let identity = try await install.identity()
        let pair = try await install.issue(identity)
        #expect(await refusal { try await rewrap(install, givingUp: "lost") }?.code == .invalidRequest)
        let first = try install.signer.kid
        _ = try await install.authority.rotateKeys(now: true, by: install.admin)
        await install.authority.close()
        unlink(install.scratch.masterKey)
        // By now the first key's grace is over, and without a seal nobody has retired it.
        install.clock.advance(seconds: 5 * 86_400)
        let closed = try Install(at: install.scratch, clock: install.clock)
        #expect(closed.authority.sealState != .open)
        #expect(await refusal { try await rewrap(closed) }?.code == .signingUnavailable)
        let done = try await rewrap(closed, givingUp: "the disk burnt")
        #expect(done.records == 3 && done.oldMasterKey == nil)
        let records = closed.authority.keys.ring.records
        #expect(records.count { $0.state == .revoked } == 3 && records.first { $0.kid == first }?.state == .revoked)
        #expect(try !closed.isLive(pair))
        let fresh = try await closed.issue(identity)
        #expect(try closed.isLive(fresh))
        #expect(try closed.audit(.sealRewrapped).last?.metadata["gaveUp"] == "the disk burnt")
        let started = try await reopened(closed)
        #expect(started.authority.sealState == .open)
    }

    @Test("in the place of a lost one ends a cutover, because its secret is lost, too", arguments: [false, true])
    func lostInCutover(isPublished: Bool) async throws {
        let install = try Install.prepared()
        let request = LegacySecretRequest(
            kid: "production", issuer: "https://old.example", maxTTL: 3600, issuedUntil: install.clock.now(),
            secret: Secret(copying: Array("0123456789abcdef0123456789abcdef".utf8)))
        _ = try await install.authority.importLegacySecret(request, by: install.admin)
        if isPublished {
            let document = install.authority.keys.document
            _ = try await install.authority.advanceCutover(
                CutoverStepRequest(to: "published", dryRun: false, override: nil), by: install.admin, fetchJWKS: { document })
        }
        await install.authority.close()
        unlink(install.scratch.masterKey)
        let closed = try Install(at: install.scratch, clock: install.clock)
        let done = try await rewrap(closed, givingUp: "lost")
        #expect(done.endsCutover)
        #expect(closed.authority.keys.ring.cutover?.phase == .purged)
        #expect(try closed.audit(.cutoverPurged).last?.metadata["reason"] == "lost")
        let pair = try await closed.issue(closed.identity())
        #expect(try closed.claims(pair).issuer == "https://keys.example")
    }
}

@Suite("A standby whose private half does not open")
struct DamagedStandbyTests {
    @Test("does not sign after an emergency: it goes with the signer, and a fresh key signs")
    func emergency() async throws {
        let install = try Install.prepared()
        let (old, damaged) = try (install.signer.kid, install.standby.kid)
        try await install.store.write { transaction in
            var record = try transaction.get(Tables.signingKeys, damaged)!
            record.sealedPrivateKey = try transaction.get(Tables.signingKeys, old)!.sealedPrivateKey
            try transaction.put(Tables.signingKeys, damaged, record)
        }
        try install.authority.reloadKeys()
        let done = try await install.authority.revokeKey(old, reason: "stolen", by: install.admin)
        #expect(Set(done.revokedKeyIds) == [old, damaged])
        #expect(done.verifiersMustRefetch)
        let pair = try await install.issue(install.identity())
        #expect(try install.keyId(pair) == done.signerKeyId)
    }
}

@Suite("A store from before it was noted that RSA keys sign")
struct SignedBeforeTests {
    @Test("that has issued tokens enters a cutover where RS256 signs", arguments: [true, false])
    func entered(hasIssued: Bool) async throws {
        let install = try Install.prepared()
        if hasIssued { _ = try await install.issue(install.identity()) }
        _ = try await install.store.write { try $0.delete(Tables.signer, SignerRow.rsaUsed) }
        let later = try await install.restarted()
        let request = LegacySecretRequest(
            kid: "production", issuer: "https://old.example", maxTTL: 3600, issuedUntil: later.clock.now(),
            secret: Secret(copying: Array("0123456789abcdef0123456789abcdef".utf8)))
        _ = try await later.authority.importLegacySecret(request, by: later.admin)
        #expect(later.authority.keys.ring.cutover?.phase == (hasIssued ? .cutover : .legacy))
    }
}
