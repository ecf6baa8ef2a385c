package import LatchkeyCrypto
import LatchkeyStore
import LatchkeyVerifier

/// What a backup is asked for.
package struct BackupRequest: Sendable {
    /// What the content is to be encrypted with; `nil` for a backup in the clear, in which private keys are sealed all the same.
    package var passphrase: Secret?
    /// Whether the master key goes into the content; only together with a passphrase.
    package var includesMasterKey: Bool

    package init(passphrase: Secret? = nil, includesMasterKey: Bool = false) {
        self.passphrase = passphrase
        self.includesMasterKey = includesMasterKey
    }
}

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

/// The bytes of a backup file on their way, each piece read from the store when it is asked for.
package final class BackupStream: @unchecked Sendable {
    private enum Stage {
        case start, middle, done
    }

    /// Seconds that it may take, whatever the size of the store, and bytes of a store that it may take another second for: a reader that
    /// dawdles must not pin the store's free pages for days.
    private static let patience: Int64 = 600
    private static let pace: Int64 = 1 << 20

    package let header: BackupHeader
    private let copy: StoreCopy
    private let ticket: BackupTurn.Ticket
    private let clock: SteadyClock
    /// By the clock that nobody can set, in milliseconds.
    private let deadline: Int64
    // One reader at a time has these.
    private var writer: BackupWriter
    private var masterKey: Secret?
    private var stage = Stage.start

    init(
        _ header: BackupHeader, _ writer: BackupWriter, _ copy: StoreCopy, _ masterKey: Secret?, _ ticket: BackupTurn.Ticket,
        _ clock: SteadyClock
    ) {
        self.header = header
        self.ticket = ticket
        self.clock = clock
        deadline = clock.uptime() + (Self.patience + header.expectedBytes / Self.pace) * 1000
        self.writer = writer
        self.copy = copy
        self.masterKey = masterKey
    }

    /// The next bytes; `nil` at the end. One at a time.
    ///
    /// - Throws: when the store can't be read to its end, `.unavailable` when that takes too long. What was given out until then is no backup.
    package func next() async throws -> [UInt8]? {
        guard stage == .done || clock.uptime() < deadline else {
            close()
            throw BackupError(
                .unavailable, "the backup was not taken within \(Self.patience + header.expectedBytes / Self.pace) s, and was given up")
        }
        switch stage {
        case .start:
            stage = .middle
            let bytes = try writer.begin(masterKey: masterKey)
            masterKey = nil
            return bytes
        case .middle:
            while let piece = try await copy.next() {
                let bytes = try writer.add(piece)
                if !bytes.isEmpty { return bytes }
            }
            stage = .done
            let bytes = try writer.finish()
            close()
            return bytes
        case .done:
            return nil
        }
    }

    /// Lets go of the store, wherever it stands, and lets the next one begin.
    package func close() {
        copy.close()
        ticket.giveBack()
    }
}
