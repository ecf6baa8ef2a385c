@testable import LatchkeyAuthority
import LatchkeyScopes
import LatchkeyStore
import LatchkeyVerifier
import Testing

/// A → B → C: each created the next, and each has a token pair.
struct Family: Sendable {
    static let scopes = ["relayauth:identity:manage:*", "relayauth:token:create:*", "relayfile:fs:read:*"]

    let records: [IdentityRecord]
    let pairs: [TokenPair]

    var a: IdentityRecord { records[0] }
    var b: IdentityRecord { records[1] }
    var c: IdentityRecord { records[2] }
}

extension Install {
    func family(_ names: [String] = ["a", "b", "c"], by caller: Caller? = nil) async throws -> Family {
        let caller = try caller ?? admin
        let first = try await identity(names[0], Family.scopes, by: caller)
        var records = [first]
        var pairs = [try await issue(first, by: caller)]
        for name in names.dropFirst() {
            let made = try await subAgent(name, of: records[records.count - 1], by: caller)
            records.append(made.identity)
            pairs.append(made.pair)
        }
        return Family(records: records, pairs: pairs)
    }

    func subAgent(
        _ name: String, of parent: IdentityRecord, _ scopes: [String]? = nil, ttl: Double? = nil, by caller: Caller? = nil
    ) async throws -> SubAgent {
        var request = SubAgentRequest(name: name)
        request.scopes = scopes
        request.ttl = ttl
        return try await authority.createSubAgent(request, of: parent.id, by: caller ?? admin)
    }

    func shown(_ identity: IdentityRecord) throws -> IdentityRecord { try authority.identity(identity.id, by: admin).record }

    func suspend(_ identity: IdentityRecord, _ reason: String = "why", by caller: Caller? = nil) async throws {
        _ = try await authority.suspendIdentity(identity.id, reason: reason, by: caller ?? admin)
    }

    func reactivate(_ identity: IdentityRecord) async throws {
        _ = try await authority.reactivateIdentity(identity.id, by: admin)
    }

    /// The rows that differ between two states, by table.
    func changes(_ body: () async throws -> Void) async throws -> [String: Int] {
        let before = try contents()
        try await body()
        var changes: [String: Int] = [:]
        // How many nodes come with a leaf of the log depends on how many leaves there are.
        for (table, after) in try contents() where table != "audit-tree" {
            let old = before[table] ?? [:]
            let count = after.count { old[$0.key] != $0.value } + old.count { after[$0.key] == nil }
            if count > 0 { changes[table] = count }
        }
        return changes
    }

    /// Expects every index of identities and of the audit log to hold exactly what follows from the records themselves.
    func expectTrueIndexes(_ location: SourceLocation = #_sourceLocation) throws {
        var names: [[UInt8]: [UInt8]] = [:]
        var filters: Set<[UInt8]> = []
        var parents: Set<[UInt8]> = []
        var live: Set<[UInt8]> = []
        try store.read { transaction in
            try transaction.scan(Tables.identities, limit: .max) { _, record in
                names[IdentityIndex.nameKey(record.orgId, record.name)] = Array(record.id.utf8)
                filters.formUnion(IdentityIndex.keys(of: record))
                live.insert(Array(record.id.utf8))
                if let parent = record.parentId { parents.insert(OwnedKey(parent, record.id).storeBytes) }
                return true
            }
        }
        let contents = try contents()
        let makers = try contents["makers"]!.keys.map { try #require(OwnedKey(storeBytes: $0)) }
        #expect(Set(contents["makings"]!.keys) == Set(makers.map { OwnedKey($0.id, $0.owner).storeBytes }), sourceLocation: location)
        #expect(contents["identities-by-name"] == names, sourceLocation: location)
        #expect(Set(contents["identities-by-filter"]!.keys) == filters, sourceLocation: location)
        #expect(Set(contents["identities-by-parent"]!.keys) == parents, sourceLocation: location)
        #expect(Set(contents["identity-liveness"]!.keys) == live, sourceLocation: location)
        let entries = try audit().flatMap { AuditIndex.keys(of: $0) }
        #expect(Set(contents["audit-index"]!.keys) == Set(entries), sourceLocation: location)
    }
}

/// The three ways in which an identity's end reaches all that it created.
enum Fate: String, CaseIterable, Sendable {
    case suspend, retire, delete

    var action: AuditRecord.Action {
        switch self {
        case .suspend: .identitySuspended
        case .retire: .identityRetired
        case .delete: .identityDeleted
        }
    }

    var status: IdentityRecord.Status? {
        switch self {
        case .suspend: .suspended
        case .retire: .retired
        case .delete: nil
        }
    }

    var inherited: String {
        switch self {
        case .suspend: "parent_suspended"
        case .retire: "parent_retired"
        case .delete: "parent_deleted"
        }
    }

    func meet(_ id: String, in install: Install, by caller: Caller? = nil) async throws {
        let caller = try caller ?? install.admin
        switch self {
        case .suspend: _ = try await install.authority.suspendIdentity(id, reason: "why", by: caller)
        case .retire: _ = try await install.authority.retireIdentity(id, reason: "why", by: caller)
        case .delete: try await install.authority.deleteIdentity(id, by: caller)
        }
    }
}
