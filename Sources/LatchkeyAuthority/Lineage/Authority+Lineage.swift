import LatchkeyStore
import LatchkeyVerifier

/// Everything that came from a key, directly or through what it made.
struct Lineage: Sendable {
    var keys: [String] = []
    var identities: [String] = []
    var sessions: [String] = []
}

extension Authority {
    /// Remembers who made a key, an identity or a session: the credential, and the identity behind it. The operator is nobody's maker.
    static func noteMaking(_ id: String, by principal: Principal, in transaction: borrowing WriteTransaction) throws {
        for maker in Set([principal.makerId, principal.identityId].compactMap(\.self)) {
            try transaction.put(Tables.makings, OwnedKey(maker, id), EmptyRow())
        }
    }

    /// Forgets who made what is gone.
    ///
    /// - Parameters:
    ///   - makerId: of its record.
    ///   - others: identities that may have stood behind the maker where there is no record of it.
    static func forgetMaking(
        _ id: String, of organisation: String, by makerId: String?, or others: [String], in transaction: borrowing WriteTransaction
    ) throws {
        var makers = Set(others)
        if let makerId {
            makers.insert(makerId)
            if let identity = try identity(behind: makerId, of: organisation, in: transaction) { makers.insert(identity) }
        }
        for maker in makers { try transaction.delete(Tables.makings, OwnedKey(maker, id)) }
    }

    /// Who stood behind a credential. Sessions are kept for as long as what they made is.
    private static func identity(
        behind makerId: String, of organisation: String, in transaction: borrowing some StoreReads & ~Copyable
    ) throws -> String? {
        if Identifier.isPlausible(makerId, .apiKey) {
            return try transaction.get(Tables.apiKeys, OwnedKey(organisation, makerId))?.identityId
        }
        return try transaction.get(Tables.sessions, makerId)?.identityId
    }

    /// All that came from a key: what it made, what that made, and what descends from identities among these.
    static func lineage(of keyId: String, in transaction: borrowing some StoreReads & ~Copyable) throws -> Lineage {
        var lineage = Lineage()
        var seen: Set<String> = [keyId]
        var next = [keyId]
        while let maker = next.popLast() {
            var made: [String] = []
            try transaction.scanKeys(Tables.makings, prefix: OwnedKey.prefix(maker), limit: .max) { key in
                made.append(key.id)
                return true
            }
            if Identifier.isPlausible(maker, .identity) {
                try transaction.scanKeys(Tables.identitiesByParent, prefix: OwnedKey.prefix(maker), limit: .max) { key in
                    made.append(key.id)
                    return true
                }
            }
            for id in made where seen.insert(id).inserted {
                if Identifier.isPlausible(id, .apiKey) {
                    lineage.keys.append(id)
                } else if Identifier.isPlausible(id, .identity) {
                    lineage.identities.append(id)
                } else if Identifier.isPlausible(id, .session) {
                    lineage.sessions.append(id)
                } else {
                    continue
                }
                next.append(id)
            }
        }
        return lineage
    }

    /// Whether something came from it.
    static func hasMade(_ id: String, in transaction: borrowing some StoreReads & ~Copyable) throws -> Bool {
        var hasMade = false
        try transaction.scanKeys(Tables.makings, prefix: OwnedKey.prefix(id), limit: 1) { _ in
            hasMade = true
            return false
        }
        return hasMade
    }
}
