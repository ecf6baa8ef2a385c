import HTTPTypes
import LatchkeyAuthority
import LatchkeyVerifier

/// Contract §8: the audit log as a transparency log.
enum AuditLogRoutes {
    static let all = [head, proof, part]

    private static let read = Access.holding("relayauth:audit:read:*")

    private static let head = Route.get(
        "/v1/audit/head", "getAuditHead", read, "How large the audit log is, and the root of its tree, signed"
    )
    .note("Whoever has written a head down can be shown later that the log still begins with what it was then.")
    .answers(.ok, .auditHead)
    .refuses(.signingUnavailable, .storageUnavailable)
    .handle { call in
        let head = try await call.authority.auditHead(by: call.caller)
        return .json { $0.auditHead(head) }
    }

    private static let proof = Route.get(
        "/v1/audit/proof", "proveAuditEntry", read, "An entry with all that shows that it is in the audit log"
    )
    .note("The answer is a proof file, byte for byte: it is checked with nothing but the install's trust anchor.")
    .query("seq", .integer(1...Int64.max).sampled(1), required: true, "The entry's number")
    .answers(.ok, .auditProof)
    .refuses(.auditEntryNotFound, .signingUnavailable, .storageUnavailable)
    .handle { call in
        guard let sequence = try call.number("seq", 1...Int64.max) else {
            throw APIError.invalid("seq", "seq is missing")
        }
        let proof = try await call.authority.auditProof(of: UInt64(sequence), by: call.caller)
        return .json { $0.raw(proof.file) }
    }

    private static let part = Route.get(
        "/v1/admin/audit/log", "readAuditLog", .operation, "A part of the audit log as it lies in the store, with its tree"
    )
    .note("For whoever derives the tree anew. `extent` of the first answer goes with the requests after it.")
    .socketOnly
    .query("from", .integer(0...Int64.max).sampled(0), "The first leaf; 0 unless it is told")
    .query("extent", .integer(0...Int64.max), "How many leaves there were when that began")
    .answers(.ok, .auditLogPart)
    .handle { call in
        let first = try call.number("from", 0...Int64.max) ?? 0
        let extent = try call.number("extent", 0...Int64.max)
        // Up to 500 entries are read and encoded: not on the event loop.
        return try await call.authority.aside {
            let part = try await call.authority.auditLogPage(from: UInt64(first), extent: extent.map { UInt64($0) }, by: call.caller)
            return Answer.json { $0.auditLogPart(part) }
        }
    }
}
