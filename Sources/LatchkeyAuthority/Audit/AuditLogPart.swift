import LatchkeyStore
package import LatchkeyVerifier

/// A part of the log on its way to whoever derives its tree anew.
package struct AuditLogPart: Sendable {
    package let install: String
    /// How many leaves there were when that began.
    package let extent: UInt64
    package let page: LogPage
    /// On the first part.
    package let genesis: LogGenesis?
    /// On the first part: who followed whom, the oldest statement first.
    package let statements: [AnchorSuccession]
    /// On the first part: all anchors that there ever were, as the store names them.
    package let anchors: [TrustAnchor]
}

extension Authority {
    /// A part of the log as it lies in the store, for whoever derives its tree anew.
    ///
    /// - Parameters:
    ///   - first: the first leaf of the part.
    ///   - extent: how many leaves there were when that began; none at its beginning.
    @concurrent package func auditLogPage(from first: UInt64, extent: UInt64?, by caller: Caller) async throws -> AuditLogPart {
        try caller.requireOwn()
        return try read { transaction in
            let extent = try extent ?? AuditLog.extent(in: transaction)
            return AuditLogPart(
                install: install.id, extent: extent, page: try AuditLog.page(from: first, extent: extent, in: transaction),
                genesis: first == 0 ? try AuditLog.genesis(in: transaction) : nil,
                statements: first == 0 ? try Self.anchorChain(in: transaction) : [],
                anchors: first == 0 ? try Self.anchors(in: transaction).map { try $0.publicHalf() } : [])
        }
    }
}
