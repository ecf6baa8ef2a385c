import LatchkeyStore
import LatchkeyVerifier

/// Everything that came from a key, directly or through what it made.
struct Lineage: Sendable {
    var keys: [String] = []
    var identities: [String] = []
    var sessions: [String] = []
}

extension Authority {
    /// All that came from a key: what it made, what that made, and what descends from identities among these.
    static func lineage(of keyId: String, in transaction: borrowing some StoreReads & ~Copyable) throws -> Lineage {
        var lineage = Lineage()
        var seen: Set<String> = [keyId]
        var next = [keyId]
        while let maker = next.popLast() {
            var made = try made(by: maker, in: transaction)
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

    /// What a key, an identity or a session made itself.
    ///
    /// - Parameter kind: only things of this kind.
    static func made(
        by maker: String, _ kind: IdentifierSource.Kind? = nil, limit: Int = .max, in transaction: borrowing some StoreReads & ~Copyable
    ) throws -> [String] {
        var made: [String] = []
        let prefix = OwnedKey.prefix(maker) + Array((kind?.rawValue ?? "").utf8)
        try transaction.scanKeys(Tables.makings, prefix: prefix, limit: limit) { key in
            made.append(key.id)
            return true
        }
        return made
    }

    static func makers(of id: String, in transaction: borrowing some StoreReads & ~Copyable) throws -> [String] {
        var makers: [String] = []
        try transaction.scanKeys(Tables.makers, prefix: OwnedKey.prefix(id), limit: .max) { key in
            makers.append(key.id)
            return true
        }
        return makers
    }
}
