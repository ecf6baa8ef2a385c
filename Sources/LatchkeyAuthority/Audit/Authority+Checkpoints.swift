import LatchkeyCrypto
import LatchkeyStore
import Synchronization
package import LatchkeyVerifier

/// The head of the audit log, and who signed it.
package struct AuditHead: Sendable {
    package let checkpoint: Checkpoint
    package let anchor: TrustAnchor
    /// What the log knows of entries from before it had a tree.
    package let genesis: LogGenesis?

    /// What other programs take as the anchor's verifier key (C2SP signed-note).
    package var verifierKey: String { SignedNote.verifierKey(checkpoint.origin, anchor) }
}

extension Authority {
    /// The head of the log as it is now, signed; the checkpoint is kept.
    ///
    /// - Throws: `signing_unavailable` when there is none yet and the anchor can't sign.
    package func auditHead(by caller: Caller) async throws -> AuditHead {
        try caller.requireOwn()
        let (checkpoint, anchor) = try await self.checkpoint()
        return AuditHead(checkpoint: checkpoint, anchor: anchor, genesis: try read { try AuditLog.genesis(in: $0) })
    }

    /// What shows that an entry is in the log.
    ///
    /// - Parameter sequence: the entry's number.
    /// - Throws: `audit_entry_not_found`, also for another organisation's, or one whose time is over; `signing_unavailable`.
    package func auditProof(of sequence: UInt64, by caller: Caller) async throws -> InclusionProof {
        try caller.requireOwn()
        let notFound = AuthorityError(.auditEntryNotFound, "there is no audit entry with that number in your organisation")
        guard let entry = try read({ try $0.get(Tables.audit, sequence) }) else { throw notFound }
        let organisation = try entry.record().orgId
        let isOwn = organisation.utf8.elementsEqual(caller.principal.organisation.utf8)
        guard isOwn || (organisation.isEmpty && caller.principal.isAdministrator),
            let leaf = try read({ try AuditLog.leaf(ofSequence: sequence, in: $0) })
        else { throw notFound }
        let (checkpoint, anchor) = try await self.checkpoint(covering: leaf)
        let (path, statements) = try read { transaction in
            (
                try MerkleTree.inclusionPath(leaf, in: checkpoint.size) { try AuditLog.node($0, in: transaction) },
                try Self.anchorChain(in: transaction)
            )
        }
        let proof = InclusionProof(leaf: leaf, entry: entry.json, path: path, statements: statements, checkpoint: checkpoint)
        // What would not convince its reader is not given out.
        guard (try? proof.check(anchor)) != nil else {
            throw StoreError(.corrupt, "the audit entry \(sequence) is not the one that was hashed; look with latchkey audit verify")
        }
        return proof
    }

    /// Signs a checkpoint when one is due: so many entries after the last one, or so long after the first entry that it does not cover.
    func tendCheckpoint() async {
        let now = clock.now()
        let (entries, minutes) = (settings.auditCheckpointEntries, settings.auditCheckpointMinutes)
        let isDue: Bool
        do {
            isDue = try read { transaction in
                let size = try AuditLog.size(in: transaction)
                // One that can't be read is found out, and told.
                guard let covered = try Self.lastCheckpointSize(in: transaction) else { return true }
                // Fewer than were signed over: that is found out, and told.
                guard size > covered else { return size < covered }
                if entries > 0, size - covered >= UInt64(entries) { return true }
                guard minutes > 0 else { return false }
                guard let sequence = try AuditLog.sequence(ofLeaf: covered, in: transaction),
                    let since = try? transaction.get(Tables.audit, sequence)?.record().timestamp
                else { return true }
                return now >= since.adding(seconds: Int64(minutes) * 60)
            }
        } catch let error as StoreError where Self.isDamage(error) {
            // Nothing can be written any more that is to be in the log: whoever looks has to be told why.
            return logProblem.withLock { $0 = Self.damagedLog }
        } catch {
            return
        }
        if isDue {
            _ = try? await self.checkpoint()
        } else if logProblem.withLock({ $0 != nil }) {
            // Whoever has put it right sees so.
            _ = try? checkpointGround()
        }
    }

    private static func isDamage(_ error: StoreError) -> Bool {
        switch error.code {
        case .corrupt, .undecodable, .newer: true
        default: false
        }
    }

    /// The checkpoints as they lie there, whatever they are.
    private static let rawCheckpoints = Table<[UInt8], BytesRow>(Tables.checkpoints.name, slot: Tables.checkpoints.slot)

    /// - Returns: 0 when there is none, `nil` when nobody can tell.
    private static func lastCheckpointSize(in transaction: borrowing some StoreReads & ~Copyable) throws -> UInt64? {
        var last: UInt64? = 0
        try transaction.scanKeys(rawCheckpoints, descending: true, limit: 1) { key in
            last = UInt64(storeBytes: key)
            return false
        }
        return last
    }

    /// What a checkpoint is signed over, and the last one that was.
    private struct CheckpointGround {
        let size: UInt64
        let root: TreeHash
        let anchor: AnchorRecord
        let last: Checkpoint?
    }

    /// - Throws: `signing_unavailable` when the log is not the one that the last checkpoint was signed over: what somebody made of it gets no
    ///   signature.
    private func checkpointGround() throws -> CheckpointGround {
        let ground: CheckpointGround
        let isSame: Bool
        do {
            (ground, isSame) = try self.ground()
        } catch let error as StoreError where Self.isDamage(error) {
            logProblem.withLock { $0 = Self.damagedLog }
            throw AuthorityError(.signingUnavailable, Self.damagedLog + "; look with latchkey audit verify")
        }
        let problem: String? = isSame ? nil : "the audit log is not the one that its last checkpoint was signed over, and is signed no more"
        logProblem.withLock { $0 = problem }
        if let problem { throw AuthorityError(.signingUnavailable, problem + "; look with latchkey audit verify") }
        return ground
    }

    private static let damagedLog =
        "the tree of the audit log is damaged, and what has to be in the log can't be done: restore a backup"

    /// - Returns: whether the log is the one that the last checkpoint was signed over, too, by an anchor of this install.
    private func ground() throws -> (CheckpointGround, isSame: Bool) {
        try read { transaction in
            let size = try AuditLog.size(in: transaction)
            let line = try AnchorLine(in: transaction)
            var stored: (size: UInt64?, text: [UInt8])?
            try transaction.scan(Self.rawCheckpoints, descending: true, limit: 1) { key, row in
                stored = (UInt64(storeBytes: key), row.bytes)
                return false
            }
            var isSame = true
            var last: Checkpoint?
            if let stored {
                isSame = false
                last = try? Checkpoint(parsing: stored.text)
                // Only what an anchor of this install has signed says what the log was.
                if let last, last.size == stored.size, last.size <= size, last.install.utf8.elementsEqual(install.id.utf8),
                    line.records.contains(where: { (try? $0.publicHalf()).map { last.isSigned(by: $0) } ?? false })
                {
                    isSame = try AuditLog.root(last.size, in: transaction) == last.root
                }
            }
            let ground = CheckpointGround(
                size: size, root: try AuditLog.root(size, in: transaction), anchor: line.current, last: last)
            return (ground, isSame)
        }
    }

    /// The checkpoint over the log as it is now; one that was signed before will do.
    ///
    /// - Parameter leaf: a leaf that is covered; then an earlier checkpoint will do, too.
    private func checkpoint(covering leaf: UInt64? = nil) async throws -> (Checkpoint, TrustAnchor) {
        var tries = 0
        while true {
            tries += 1
            let ground = try checkpointGround()
            let trusted = try ground.anchor.publicHalf()
            if let last = ground.last, last.size == ground.size || leaf.map({ $0 < last.size }) == true, (try? last.check(trusted)) != nil {
                return (last, trusted)
            }
            let signer = try read { try anchorKey(in: $0) }
            let size = ground.size
            let checkpoint = try Checkpoint(
                install: install.id, size: size, root: ground.root, anchor: TrustAnchor(signer.key.publicKey)
            ) { try signer.key.sign($0) }
            var isKept = true
            do {
                isKept = try await write(.essential) { transaction in
                    // An anchor that was succeeded meanwhile signs nothing any more.
                    guard try transaction.get(Tables.install, InstallRecord.key)?.anchor == signer.record.id else { return false }
                    // What was signed is kept as it is, also when another anchor signed it.
                    if try !transaction.contains(Tables.checkpoints, size) {
                        try transaction.put(Tables.checkpoints, size, CheckpointRow(checkpoint))
                    }
                    return true
                }
            } catch let error as AuthorityError where error.code == .storageUnavailable {
                // It is true all the same.
            }
            if isKept { return (checkpoint, TrustAnchor(signer.key.publicKey)) }
            guard tries < 3 else { throw Self.anchorOutOfReach }
        }
    }
}
