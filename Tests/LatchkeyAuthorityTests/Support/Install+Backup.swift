import FoundationEssentials
import Glibc
@testable import LatchkeyAuthority
import LatchkeyCrypto
import LatchkeyStore
import LatchkeyVerifier
import Testing

extension Install {
    /// What a full life leaves: at least one row in every table.
    func live() async throws {
        try await importSecret()
        let service = try await key(["*"], name: "service", expiresIn: 30 * 86_400)
        let caller = try caller(service)
        let made = try await key(["relayfile:fs:read:*"], name: "made", by: caller)
        _ = try await rotate(made, overlap: 3600)
        try await revoke(key(["relayfile:fs:read:*"], name: "revoked"))
        _ = try await organisationToken("everything")
        let family = try await family(by: caller)
        let bearer = try self.caller(family.pairs[0])
        _ = try await selfService("own", by: bearer)
        _ = try await refresh(family.pairs[1])
        try await suspend(family.c)
        _ = try await authority.revokeStandby(of: self)
        _ = try? authority.authenticate(token: oldToken("agent_a"), origin: RequestOrigin(address: "198.51.100.7"))
        let known = try await identity("known to the old issuer")
        _ = try await authority.refresh(OldToken.refresh(self, known), origin: RequestOrigin())
        let other = try await otherOrganisation()
        try await removeOldEntries(of: other)
        _ = try await key(["relayfile:fs:read:*"], name: "neighbour", by: other)
        _ = try? self.caller(made)
        _ = try await authority.auditHead(by: admin)
        _ = try await bundle()
        await authority.upkeep()
        await authority.noteTime()
    }

    /// Lets retention have something to remove.
    private func removeOldEntries(of caller: Caller) async throws {
        var change = OrganisationChange()
        change.auditRetentionDays = 1
        let draft = AuditDraft(.tokenIssued, actor: "system", organisation: caller.principal.organisation)
        try await log([(draft, clock.now().adding(seconds: -3 * 86_400))])
        _ = try await authority.updateOrganisation(change, by: caller)
        _ = await authority.removeOldAuditEntries()
    }

    /// A backup of it, as bytes.
    func backup(_ request: BackupRequest = BackupRequest()) async throws -> [UInt8] {
        let stream = try await authority.backUp(request, by: admin)
        defer { stream.close() }
        var bytes: [UInt8] = []
        while let piece = try await stream.next() { bytes += piece }
        return bytes
    }

    /// The store of a backup, in a directory of its own.
    func unpacked(_ backup: [UInt8], passphrase: Secret? = nil) throws -> (scratch: Scratch, content: BackupFile.Content) {
        let scratch = Scratch()
        mkdir(scratch.store, 0o700)
        let path = scratch.path + "/file.backup"
        try Data(backup).write(to: URL(filePath: path))
        let content = try BackupFile(path: path).extract(into: scratch.store, passphrase: passphrase)
        unlink(path)
        return (scratch, content)
    }

    /// Ends it, and leaves its files.
    func closed() async -> Scratch {
        await authority.close()
        return scratch
    }
}

extension Authority {
    /// A revoked signing key beside the live ones: during a cutover nothing else changes them.
    fileprivate func revokeStandby(of install: Install) async throws -> KeyRevocation {
        try await revokeKey(install.standby.kid, reason: "lost", by: install.admin)
    }
}

extension Scratch {
    /// What a check of the store here finds; nothing is written.
    func check(repairs: Bool = false, at now: Timestamp = ManualClock.start) throws -> CheckReport {
        try StoreRepair(directory: store, program: "latchkey test", userId: 0).run(repairs: repairs, at: now)
    }

    /// Changes rows behind everybody's back.
    func tamper(_ body: (borrowing WriteTransaction) throws -> Void) throws {
        try Store.rehearse(directory: store, schema: Tables.schema(writer: "latchkey test")) { transaction, _ in
            try body(transaction)
            return ((), .commit)
        }
    }

    /// Every row of every table as bytes.
    func contents() throws -> [String: [[UInt8]: [UInt8]]] {
        try Store.rehearse(directory: store, schema: Tables.schema(writer: "latchkey test")) { transaction, _ in
            (try Tables.contents(in: transaction), .abort)
        }
    }

    var dataFile: [UInt8] { get throws { try Array(Data(contentsOf: URL(filePath: store + "/data.mdb"))) } }
}
