import LatchkeyStore
import LatchkeyVerifier

/// The way from a key to what came from it. Sessions end and identities are deleted, but what they made may live on: it is then what
/// their makers made.
extension Authority {
    /// Things that one write takes from one that is gone, at most.
    private static let mostPassedOn = 64
    /// Whoever has more makers than this passes nothing on; so no chain of sessions multiplies rows.
    private static let mostMakers = 32

    /// Remembers who made a key, an identity or a session: the credential, and the identity behind it. The operator is nobody's maker.
    static func noteMaking(_ id: String, by principal: Principal, in transaction: borrowing WriteTransaction) throws {
        for maker in Set([principal.makerId, principal.identityId].compactMap(\.self)) where isMaker(maker) {
            try link(maker, to: id, in: transaction)
        }
    }

    /// A key that takes another's place stays in its line, whoever it was that rotated it.
    static func noteReplacing(_ id: String, of old: String, in transaction: borrowing WriteTransaction) throws {
        for maker in try makers(of: old, in: transaction).prefix(mostMakers) { try link(maker, to: id, in: transaction) }
    }

    /// Lets go of an ended session or a deleted identity: what it made passes to its makers, and nothing is remembered of it.
    static func letGo(_ id: String, at now: Timestamp, in transaction: borrowing WriteTransaction) throws {
        let makers = try makers(of: id, in: transaction)
        let made = try made(by: id, limit: mostPassedOn, in: transaction)
        guard made.isEmpty || makers.count <= mostMakers else {
            return try Expiry(at: now.adding(seconds: AuthoritySettings.sessionLife), .maker, Array(id.utf8)).note(in: transaction)
        }
        for thing in made {
            for maker in makers { try link(maker, to: thing, in: transaction) }
            try unlink(id, from: thing, in: transaction)
        }
        guard made.count < mostPassedOn else { return try Expiry(at: now, .maker, Array(id.utf8)).note(in: transaction) }
        for maker in makers { try unlink(maker, from: id, in: transaction) }
    }

    /// As ``letGo(_:at:in:)``, soon. For an identity that is being deleted: what it made may be a lot.
    ///
    /// - Parameter parent: whose child it was; its child it stays until then.
    static func letGoSoon(_ id: String, of parent: String?, at now: Timestamp, in transaction: borrowing WriteTransaction) throws {
        guard try !made(by: id, limit: 1, in: transaction).isEmpty else { return try letGo(id, at: now, in: transaction) }
        if let parent { try link(parent, to: id, in: transaction) }
        try Expiry(at: now, .maker, Array(id.utf8)).note(in: transaction)
    }

    private static func link(_ maker: String, to id: String, in transaction: borrowing WriteTransaction) throws {
        try transaction.put(Tables.makings, OwnedKey(maker, id), EmptyRow())
        try transaction.put(Tables.makers, OwnedKey(id, maker), EmptyRow())
    }

    private static func unlink(_ maker: String, from id: String, in transaction: borrowing WriteTransaction) throws {
        try transaction.delete(Tables.makings, OwnedKey(maker, id))
        try transaction.delete(Tables.makers, OwnedKey(id, maker))
    }

    /// Whether a key can lead here. A token from elsewhere may name anything as its session or its subject.
    private static func isMaker(_ id: String) -> Bool {
        Identifier.isPlausible(id, .apiKey) || Identifier.isPlausible(id, .session) || Identifier.isPlausible(id, .identity)
    }
}
