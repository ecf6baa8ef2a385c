import LatchkeyStore
package import LatchkeyVerifier

/// Derives the tree of the audit log of a store anew that no daemon has open.
package enum AuditLogCheck {
    /// - Parameters:
    ///   - directory: of the store; the file stays as it is, to the byte.
    ///   - heads: what was written down.
    ///   - anchors: who may have signed checkpoints; with none, those that the store itself names.
    /// - Throws: `StoreError` when the store is in use, can't be opened, or LMDB can't go on.
    package static func run(directory: String, heads: [LogHead], anchors: [TrustAnchor], program: String) throws -> LogReport {
        try Store.rehearse(directory: directory, schema: Tables.schema(writer: program)) { transaction, _ in
            guard let install = try transaction.get(Tables.install, InstallRecord.key) else {
                guard try transaction.count(Tables.audit) > 0 || transaction.count(AuditLog.raw) > 0 else {
                    throw StoreError(
                        .undecodable,
                        "there is no audit log here yet: the daemon's first start in this directory did not come to its end; start it again"
                    )
                }
                throw StoreError(.undecodable, "the store does not say whose it is; restore a backup")
            }
            let statements = (try? Authority.anchorChain(in: transaction)) ?? []
            // Where none is named, one that can't be read must not be passed over; else these only tell a stranger from one who was named here.
            let own =
                anchors.isEmpty
                ? try Authority.anchors(in: transaction).map { try $0.publicHalf() }
                : ((try? Authority.anchors(in: transaction)) ?? []).compactMap { try? $0.publicHalf() }
            let examination = LogExamination(
                install: install.id, heads: heads, anchors: anchors, statements: statements, known: own)
            return (try AuditLog.examine(examination, in: transaction), .abort)
        }
    }
}
