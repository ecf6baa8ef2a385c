@testable import LatchkeyAuthority
import LatchkeyStore
import LatchkeyVerifier

extension Scratch {
    /// Derives the tree of the log here anew; nothing is written.
    func examineLog(heads: [LogHead] = [], anchors: [TrustAnchor]? = nil) throws -> LogReport {
        let own = try Store.rehearse(directory: store, schema: Tables.schema(writer: "latchkey test")) { transaction, _ in
            (try Authority.anchors(in: transaction).map { try $0.publicHalf() }, .abort)
        }
        return try AuditLogCheck.run(directory: store, heads: heads, anchors: anchors ?? own, program: "latchkey test")
    }
}

extension Install {
    /// The head of the log, as it is written down.
    func head() async throws -> LogHead { try await authority.auditHead(by: admin).checkpoint.head }

    /// Writes this many entries of the first organisation.
    func fillLog(_ count: Int, _ actor: String = "system") async throws {
        let (draft, now) = (AuditDraft(.tokenIssued, actor: actor, organisation: authority.firstOrganisation), clock.now())
        try await log((0..<count).map { _ in (draft, now) })
    }

    /// How many leaves the log's tree has.
    var logSize: UInt64 { get throws { try store.read { try AuditLog.size(in: $0) } } }
}

extension LogReport {
    /// What is wrong and where, without the rest.
    var told: [String] {
        faults.map { fault in
            let (leaf, sequence) = (fault.place.leaf.map { String($0) } ?? "-", fault.place.sequence.map { String($0) } ?? "-")
            return "\(fault.kind) leaf \(leaf) seq \(sequence)"
        }
    }

    var outcomes: [HeadVerdict.Outcome] { heads.map(\.outcome) }
}
