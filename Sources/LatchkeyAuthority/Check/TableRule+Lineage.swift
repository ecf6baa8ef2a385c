import LatchkeyStore
import LatchkeyVerifier

extension TableRule {
    static let lineage = [
        TableRule(Tables.makings, isDerived: true) { checker, transaction in
            let known = try KnownThings(in: transaction)
            try checker.rows(Tables.makings, in: transaction) { making, _ in
                let (maker, id) = (making.owner, making.id)
                guard try known.contains(maker, in: transaction), try known.contains(id, in: transaction) else {
                    return try checker.strike(
                        Tables.makings, making, "\(maker) is said to have made \(id), and one of them is not there", in: transaction)
                }
                try checker.expect(
                    Tables.makers, OwnedKey(id, maker), EmptyRow(), of: "the way back from \(id) to its maker", in: transaction)
            }
        },
        TableRule(Tables.makers, isDerived: true) { checker, transaction in
            let known = try KnownThings(in: transaction)
            try checker.rows(Tables.makers, in: transaction) { way, _ in
                let (id, maker) = (way.owner, way.id)
                guard try known.contains(maker, in: transaction), try known.contains(id, in: transaction) else {
                    return try checker.strike(
                        Tables.makers, way, "\(id) is said to come from \(maker), and one of them is not there", in: transaction)
                }
                try checker.expect(Tables.makings, OwnedKey(maker, id), EmptyRow(), of: "the making of \(id)", in: transaction)
            }
        },
    ]

    /// Who made something must be found from the maker, while that is on record: what a maker made that is gone passed to its own makers.
    static func checkMaking(
        _ id: String, of organisation: String, by makerId: String?, _ label: String, _ checker: StoreChecker,
        _ transaction: borrowing WriteTransaction
    ) throws {
        guard let makerId else { return }
        var makers: Set<String> = []
        if Identifier.isPlausible(makerId, .apiKey) {
            if let key = try checker.found(Tables.apiKeys, OwnedKey(organisation, makerId), in: transaction) {
                makers = [makerId]
                if let owner = key.identityId { makers.insert(owner) }
            }
        } else if Identifier.isPlausible(makerId, .session) {
            if let session = try checker.found(Tables.sessions, makerId, in: transaction) { makers = [makerId, session.identityId] }
        } else if Identifier.isPlausible(makerId, .identity) {
            makers = [makerId]
        }
        // Also where the session is gone, or was never on record here, the maker's label tells of the identity.
        let mark = "identity:"
        if label.hasPrefix(mark) {
            let identity = String(label.dropFirst(mark.count))
            if Identifier.isPlausible(identity, .identity) { makers.insert(identity) }
        }
        for maker in makers {
            let isThere =
                try !Identifier.isPlausible(maker, .identity) || StoreChecker.organisation(ofIdentity: maker, in: transaction) != nil
            guard isThere else { continue }
            try checker.expect(Tables.makings, OwnedKey(maker, id), EmptyRow(), of: "the making of \(id)", in: transaction)
        }
    }
}

/// What can have made something, or been made: API keys, identities and sessions, and those of them that are gone and are still being let go of.
private final class KnownThings {
    private let lettingGo: Set<String>
    private var organisations: [String] = []

    init(in transaction: borrowing WriteTransaction) throws {
        var lettingGo: Set<String> = []
        try transaction.scanKeys(Tables.expiries, limit: .max) { key in
            if let expiry = Expiry(storeKey: key), expiry.kind == .maker { lettingGo.insert(String(decoding: expiry.key, as: UTF8.self)) }
            return true
        }
        self.lettingGo = lettingGo
        try transaction.scanKeys(Tables.organisations, limit: .max) { id in
            organisations.append(id)
            return true
        }
    }

    func contains(_ id: String, in transaction: borrowing WriteTransaction) throws -> Bool {
        if Identifier.isPlausible(id, .session), try transaction.contains(Tables.sessions, id) { return true }
        if Identifier.isPlausible(id, .identity), try StoreChecker.organisation(ofIdentity: id, in: transaction) != nil { return true }
        if Identifier.isPlausible(id, .apiKey) {
            for index in organisations.indices where try transaction.contains(Tables.apiKeys, OwnedKey(organisations[index], id)) {
                // An id does not say whose it is; most are of the organisation of the one before.
                organisations.swapAt(0, index)
                return true
            }
        }
        return lettingGo.contains(id)
    }
}
