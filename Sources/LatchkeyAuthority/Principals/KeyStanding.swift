import LatchkeyScopes
import LatchkeyVerifier

/// What was found of a presented API key.
struct KeyStanding {
    /// Who stands behind a key.
    enum Owner {
        /// Nobody: it stands for itself.
        case none
        case active(id: String, scopes: ScopeSet)
        /// The key does not count, be it for its own sake or for its identity's.
        case gone
    }

    /// The key's row; one that says nothing when it is not known.
    let row: APIKeyRow
    let isKnown: Bool
    let owner: Owner

    var isGood: Bool { if case .gone = owner { false } else { true } }

    /// For the audit log alone.
    func reason(at now: Timestamp) -> String {
        guard isKnown else { return "unknown" }
        if row.revokedAt != nil { return "revoked" }
        return row.isLive(at: now) ? "one of an identity that is not active" : "expired"
    }

    /// What is read in place of a row that is not there: as many bytes as the row of a key with one scope.
    static let decoy: [UInt8] = {
        let record = APIKeyRecord(
            id: "ak_00000000000000000000000000", orgId: "org_00000000000000000000000000", prefix: "lk_00000000", name: "", kind: .service,
            scopes: ["relayauth:api-key:read:*"], createdAt: Timestamp(milliseconds: 0), createdBy: "", makerId: nil,
            rootId: "ak_00000000000000000000000000",
            expiresAt: nil)
        guard let bytes = try? APIKeyRow(record).encode() else { preconditionFailure("a row of short texts can be written") }
        return bytes
    }()

    /// Whose state is looked up for a key without an identity.
    static let nobody = "agent_00000000000000000000000000"
}
