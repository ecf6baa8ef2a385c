import LatchkeyCrypto
import LatchkeyStore

/// The indexes that lists with a filter walk: one row for each (field, value) of an identity.
enum IdentityIndex {
    enum Field: UInt8, CaseIterable {
        case status = 1
        case type = 2
        case workspace = 3
    }

    /// The organisation, the field, a hash of the value (values are of any length), and then the ids in order.
    static func prefix(_ organisation: String, _ field: Field, _ value: String) -> [UInt8] {
        OwnedKey.prefix(organisation) + [field.rawValue] + SHA256.hash(Array(value.utf8)).prefix(16)
    }

    static func keys(of record: IdentityRecord) -> [[UInt8]] {
        Field.allCases.map { field in
            let value =
                switch field {
                case .status: record.status.rawValue
                case .type: record.type.rawValue
                case .workspace: record.workspaceId
                }
            return prefix(record.orgId, field, value) + Array(record.id.utf8)
        }
    }

    static func nameKey(_ organisation: String, _ name: String) -> [UInt8] {
        OwnedKey.prefix(organisation) + SHA256.hash(Array(name.utf8))
    }

    /// Puts a record and every row that is derived from it in place of what was there.
    static func put(_ record: IdentityRecord, replacing old: IdentityRecord?, in transaction: borrowing WriteTransaction) throws {
        if let old {
            for key in keys(of: old) { try transaction.delete(Tables.identitiesByFilter, key) }
            try transaction.delete(Tables.identitiesByName, nameKey(old.orgId, old.name))
        }
        try transaction.put(Tables.identities, OwnedKey(record.orgId, record.id), record)
        try transaction.put(Tables.identitiesByName, nameKey(record.orgId, record.name), TextRow(record.id))
        for key in keys(of: record) { try transaction.put(Tables.identitiesByFilter, key, EmptyRow()) }
        if let parent = record.parentId, old == nil {
            try transaction.put(Tables.identitiesByParent, OwnedKey(parent, record.id), EmptyRow())
        }
    }

    /// Takes a record away with every row that is derived from it. Children find no parent then; they go in the same commit.
    static func remove(_ record: IdentityRecord, in transaction: borrowing WriteTransaction) throws {
        for key in keys(of: record) { try transaction.delete(Tables.identitiesByFilter, key) }
        try transaction.delete(Tables.identitiesByName, nameKey(record.orgId, record.name))
        if let parent = record.parentId { try transaction.delete(Tables.identitiesByParent, OwnedKey(parent, record.id)) }
        try transaction.delete(Tables.identities, OwnedKey(record.orgId, record.id))
    }
}
