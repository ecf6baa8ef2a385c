@testable import LatchkeyAuthority
import LatchkeyCrypto
import LatchkeyStore
import LatchkeyVerifier

extension TestDaemon {
    /// The audit entries of one action, in order.
    func audit(_ action: AuditRecord.Action) throws -> [AuditRecord] {
        try authority.store.read { transaction in
            var found: [AuditRecord] = []
            try transaction.scan(Tables.audit, limit: .max) { _, entry in
                let record = try entry.record()
                if record.action == action { found.append(record) }
                return true
            }
            return found
        }
    }

    /// Gives an identity another status, as the routes to come will.
    func setStatus(_ status: IdentityRecord.Status, of identity: String) async throws {
        let organisation = authority.firstOrganisation
        try await authority.store.write { transaction in
            guard var row = try transaction.get(Tables.identityLiveness, identity),
                let old = try transaction.get(Tables.identities, OwnedKey(organisation, identity))
            else { return }
            row.status = status
            if status == .active { row.epoch += 1 }
            try transaction.put(Tables.identityLiveness, identity, row)
            var record = old
            record.status = status
            try IdentityIndex.put(record, replacing: old, in: transaction)
        }
    }

    /// Makes an organisation, as the routes to come will.
    func makeOrganisation(_ id: String) async throws {
        let record = OrganisationRecord(id: id, name: "other", createdAt: clock.now())
        try await authority.store.write { try $0.put(Tables.organisations, id, record) }
    }

    /// Gives an identity other scopes, as the routes to come will.
    func setScopes(_ scopes: [String], of identity: String) async throws {
        let organisation = authority.firstOrganisation
        try await authority.store.write { transaction in
            guard let old = try transaction.get(Tables.identities, OwnedKey(organisation, identity)) else { return }
            var record = old
            record.scopes = scopes
            try IdentityIndex.put(record, replacing: old, in: transaction)
        }
    }

    /// Signs whatever it is given with the key that signs tokens.
    func sign(header: String, payload: [UInt8]) throws -> String {
        let input = Forgery.input(header, payload)
        return Forgery.token(input, try authority.keys.signer.get().sign(input))
    }
}
