import LatchkeyStore

extension StoreChecker {
    /// The organisation of an identity that is there: by the row that its tokens live by, and where that was lost, by the record.
    static func organisation(ofIdentity id: String, in transaction: borrowing WriteTransaction) throws -> String? {
        if let row = try? transaction.get(Tables.identityLiveness, id) { return row.orgId }
        var found: String?
        try transaction.scanKeys(Tables.organisations, limit: .max) { organisation in
            if try transaction.contains(Tables.identities, OwnedKey(organisation, id)) { found = organisation }
            return found == nil
        }
        return found
    }
}
