import LatchkeyCrypto
import LatchkeyStore
import LatchkeyVerifier

extension Authority {
    /// Begins a backup of the whole install as it is now. The entry that tells of it is in the log before the copy begins, and so in the backup.
    ///
    /// One at a time.
    ///
    /// - Throws: `invalid_request` (passphrase, withMasterKey), `signing_unavailable` when the master key can't be read, `storage_unavailable`,
    ///   also while another backup is being made.
    package func backUp(_ request: BackupRequest, by caller: Caller) async throws -> BackupStream {
        try caller.requireOwn()
        var passphrase: Secret?
        if let given = request.passphrase {
            passphrase = given.withBytes { BackupRequest.passphrase($0) }
            guard passphrase != nil else { throw AuthorityError.invalid("passphrase", BackupRequest.passphraseRule) }
        }
        guard !request.includesMasterKey || passphrase != nil else {
            throw AuthorityError.invalid("withMasterKey", "the master key goes only into a backup that is encrypted: give a passphrase")
        }
        guard let ticket = backups.take() else {
            throw AuthorityError(.storageUnavailable, "another backup is being made, and one is made at a time: wait for its end")
        }
        let masterKey = request.includesMasterKey ? try presentMasterKey() : nil
        let (encryption, key) = try await encryption(passphrase)
        let now = clock.now()
        try await write(.essential) { [self] transaction in
            try Self.requireLive(caller.principal, at: now, in: transaction)
            var draft = AuditDraft(.backupCreated, by: caller)
            draft.resource = "backup"
            draft.metadata = ["encrypted": String(encryption != nil), "masterKey": String(masterKey != nil)]
            try record(draft, in: transaction)
        }
        let copy: StoreCopy
        do {
            copy = try store.copy()
        } catch {
            throw AuthorityError(.storageUnavailable, "the store can't be copied: \(error.message)")
        }
        let header = BackupHeader(
            installId: install.id, madeAt: now, schemaVersion: Tables.version, writer: settings.program,
            expectedBytes: Int64(store.statistics.mapUsed), masterKey: masterKey != nil, encryption: encryption)
        return BackupStream(header, try BackupWriter(header, key: key), copy, masterKey, ticket, clock)
    }

    /// The master key as it lies on disk, when it is the one that this store is sealed under.
    private func presentMasterKey() throws -> Secret {
        let current = try read { try $0.get(Tables.install, InstallRecord.key) } ?? install
        guard let key = try? MasterKey.read(masterKey), Self.seal(of: current, key) != nil else {
            throw AuthorityError(
                .signingUnavailable, "the master key \(masterKey.path) can't be read or is not this store's, so no backup can hold it")
        }
        return key
    }

    /// Made off the event loops: a derivation takes a part of a second, on purpose.
    private func encryption(_ passphrase: Secret?) async throws -> (BackupHeader.Encryption?, Secret?) {
        guard let passphrase else { return (nil, nil) }
        let (cost, afterStep) = (seams.backupCost, seams.afterStep)
        return try await aside {
            let salt = try Random.bytes(BackupFormat.saltSize)
            let (key, check) = try BackupFormat.keys(passphrase, salt: salt, cost: cost)
            afterStep("backup: key derived")
            return (BackupHeader.Encryption(salt: salt, check: check, cost: cost), key)
        }
    }
}
