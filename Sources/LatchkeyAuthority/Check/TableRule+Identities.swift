import LatchkeyScopes
import LatchkeyStore
import LatchkeyVerifier

extension TableRule {
    static let identities = [
        TableRule(Tables.identities) { checker, transaction in
            try checker.rows(Tables.identities, in: transaction) { place, record in
                let id = record.id
                checker.require(
                    place == OwnedKey(record.orgId, id), Tables.identities,
                    "the identity \(id) does not stand under its organisation and id",
                    .impossible)
                checker.require(
                    try transaction.contains(Tables.organisations, record.orgId), Tables.identities,
                    "the identity \(id) is of an organisation that is not there")
                let row = try checker.found(Tables.identityLiveness, id, in: transaction)
                checker.require(row != nil, Tables.identities, "the identity \(id) has no row that its tokens live by")
                checker.require(
                    row.map { $0.status == record.status && $0.orgId == record.orgId } ?? true, Tables.identities,
                    "the identity \(id) is \(record.status.rawValue), and its tokens live by another state", .impossible)
                checker.require(
                    record.sponsorChain.last == id && record.sponsorChain.count <= Authority.longestSponsorChain, Tables.identities,
                    "the sponsor chain of the identity \(id) does not end with it, or is too long", .impossible)
                checker.require(
                    ScopeSet.trusted(stored: record.scopes) != nil, Tables.identities,
                    "the scopes of the identity \(id) are not of their form",
                    .impossible)
                try checkParent(of: record, checker, transaction)
                let name = IdentityIndex.nameKey(record.orgId, record.name)
                if let other = try checker.found(Tables.identitiesByName, name, in: transaction)?.text, other != id,
                    try isNamed(other, like: record, checker, transaction)
                {
                    checker.find(.impossible, Tables.identities, "the identities \(id) and \(other) have one name")
                } else {
                    try checker.expect(Tables.identitiesByName, name, TextRow(id), of: "the name of the identity \(id)", in: transaction)
                }
                for key in IdentityIndex.keys(of: record) {
                    try checker.expect(
                        Tables.identitiesByFilter, key, EmptyRow(), of: "a filter that the identity \(id) fits", in: transaction)
                }
                try checkMaking(id, of: record.orgId, by: record.makerId, record.createdBy, checker, transaction)
            }
        },
        TableRule(Tables.identityLiveness) { checker, transaction in
            try checker.rows(Tables.identityLiveness, in: transaction) { id, row in
                checker.require(
                    try transaction.contains(Tables.identities, OwnedKey(row.orgId, id)), Tables.identityLiveness,
                    "there is a row that the tokens of \(id) live by, which is no identity")
            }
        },
        TableRule(Tables.identitiesByName, isDerived: true) { checker, transaction in
            try checker.rows(Tables.identitiesByName, in: transaction) { key, row in
                let organisation = OwnedKey(storeBytes: key)?.owner ?? ""
                let record = try checker.found(Tables.identities, OwnedKey(organisation, row.text), in: transaction)
                if let record, IdentityIndex.nameKey(record.orgId, record.name) == key { return }
                try checker.strike(Tables.identitiesByName, key, "a name leads to \(row.text), which is not called so", in: transaction)
            }
        },
        TableRule(Tables.identitiesByFilter, isDerived: true) { checker, transaction in
            try checker.rows(Tables.identitiesByFilter, in: transaction) { key, _ in
                let organisation = OwnedKey(storeBytes: key)?.owner ?? ""
                // The organisation and a slash, the field, sixteen bytes of a hash, and then the id.
                let id = String(decoding: key.dropFirst(organisation.utf8.count + 18), as: UTF8.self)
                let record = try checker.found(Tables.identities, OwnedKey(organisation, id), in: transaction)
                if let record, IdentityIndex.keys(of: record).contains(key) { return }
                try checker.strike(Tables.identitiesByFilter, key, "a filter leads to an identity that does not fit it", in: transaction)
            }
        },
        TableRule(Tables.identitiesByParent, isDerived: true) { checker, transaction in
            try checker.rows(Tables.identitiesByParent, in: transaction) { key, _ in
                let organisation = try StoreChecker.organisation(ofIdentity: key.id, in: transaction) ?? ""
                let record = try checker.found(Tables.identities, OwnedKey(organisation, key.id), in: transaction)
                if record?.parentId == key.owner { return }
                try checker.strike(
                    Tables.identitiesByParent, key, "\(key.owner) is said to have created the identity \(key.id), and has not",
                    in: transaction)
            }
        },
        TableRule(Tables.identityUses, isDerived: true) { checker, transaction in
            try checker.rows(Tables.identityUses, in: transaction) { place, _ in
                guard try !transaction.contains(Tables.identities, place) else { return }
                try checker.strike(Tables.identityUses, place, "a last use is noted of \(place.id), which is no identity", in: transaction)
            }
        },
        TableRule(Tables.identityDescendants, isDerived: true) { checker, transaction in
            try checker.rows(Tables.identityDescendants, in: transaction) { id, _ in
                guard try StoreChecker.organisation(ofIdentity: id, in: transaction) == nil else { return }
                try checker.strike(
                    Tables.identityDescendants, id, "descendants are counted of \(id), which is no identity", in: transaction)
            }
            try transaction.scanKeys(Tables.identityLiveness, limit: .max) { id in
                let count = try descendants(of: id, in: transaction)
                let counted = try checker.found(Tables.identityDescendants, id, in: transaction)?.sequence ?? 0
                if count != counted {
                    try checker.expect(
                        Tables.identityDescendants, id, SequenceRow(count), of: "the number of identities that came from \(id)",
                        in: transaction)
                }
                return true
            }
        },
    ]

    private static func checkParent(
        of record: IdentityRecord, _ checker: StoreChecker, _ transaction: borrowing WriteTransaction
    ) throws {
        guard let parentId = record.parentId else { return }
        guard let parent = try checker.found(Tables.identities, OwnedKey(record.orgId, parentId), in: transaction) else {
            return checker.find(.dangling, Tables.identities, "the identity \(record.id) lives on, and the one that created it is gone")
        }
        let isPossible =
            switch parent.status {
            case .active: true
            case .suspended: record.status != .active
            case .retired: record.status == .retired
            }
        checker.require(
            isPossible, Tables.identities,
            "the identity \(record.id) is \(record.status.rawValue), and the one that created it is \(parent.status.rawValue)", .impossible)
        try checker.expect(
            Tables.identitiesByParent, OwnedKey(parentId, record.id), EmptyRow(), of: "the creation of the identity \(record.id)",
            in: transaction)
    }

    private static func isNamed(
        _ id: String, like record: IdentityRecord, _ checker: StoreChecker, _ transaction: borrowing WriteTransaction
    ) throws -> Bool {
        try checker.found(Tables.identities, OwnedKey(record.orgId, id), in: transaction)?.name.utf8.elementsEqual(record.name.utf8)
            ?? false
    }

    /// How many identities came from one, by the index; more than there may be are not counted on.
    private static func descendants(of id: String, in transaction: borrowing WriteTransaction) throws -> UInt64 {
        var count: UInt64 = 0
        var next = [id]
        while let parent = next.popLast(), count <= Authority.mostDescendants {
            try transaction.scanKeys(Tables.identitiesByParent, prefix: OwnedKey.prefix(parent), limit: .max) { key in
                guard try StoreChecker.organisation(ofIdentity: key.id, in: transaction) != nil else { return true }
                count += 1
                next.append(key.id)
                return count <= Authority.mostDescendants
            }
        }
        return count
    }
}
