@testable import LatchkeyAuthority
import LatchkeyCrypto
import LatchkeyStore
import LatchkeyVerifier

extension TestDaemon {
    /// The audit entries of one action, in order: those of an organisation, and those that belong to none.
    ///
    /// - Parameter organisation: the first when `nil`.
    func audit(_ action: AuditRecord.Action, of organisation: String? = nil) throws -> [AuditRecord] {
        let organisations = ["", organisation ?? authority.firstOrganisation]
        return try authority.store.read { transaction in
            var found: [AuditRecord] = []
            try transaction.scan(Tables.audit, limit: .max) { _, entry in
                let record = try entry.record()
                if record.action == action, organisations.contains(record.orgId) { found.append(record) }
                return true
            }
            return found
        }
    }

    /// Gives an identity another status, and nothing else that belongs to it.
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

    /// Gives an identity other scopes, such as no route would take.
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
        return Forgery.token(input, try authority.signRSA(input))
    }
}

extension Authority {
    /// A signature of the RSA key that signs, over anything: what only a thief of the key, or this program, could make.
    func signRSA(_ message: [UInt8]) throws -> [UInt8] {
        guard case .rsa(_, let key) = try keys.signer.get() else { throw SignerProblem.told }
        return try key.sign(message)
    }
}
