import LatchkeyStore
package import LatchkeyVerifier

/// An access token that is good now, as it is listed. The token itself is not kept anywhere.
package struct LiveToken: Sendable {
    /// `jti`.
    package let id: String
    package let sessionId: String
    package let scopes: [String]
    package let audience: [String]
    package let issuedAt: Timestamp
    package let expiresAt: Timestamp
}

extension Authority {
    /// Rows that one page looks at, at most: where most tokens are dead a page may be short and still have a cursor.
    private static let mostLookedAt = 1000

    /// The live tokens of one identity, newest first.
    ///
    /// - Throws: `identity_not_found`.
    package func tokens(of identityId: String, _ page: PageRequest, by caller: Caller) throws -> Page<LiveToken> {
        try caller.requireOwn()
        let now = clock.now()
        return try read { transaction in
            let (_, identity) = try known(identityId, caller, in: transaction)
            guard identity.status == .active else { return Page([], lastId: nil, limit: page.limit) }
            var found: [LiveToken] = []
            var looked = 0
            var last: String?
            var hasMore = false
            try transaction.scanKeys(
                Tables.tokensByIdentity, prefix: OwnedKey.prefix(identityId), after: page.after.map { OwnedKey(identityId, $0).storeBytes },
                descending: true, limit: Self.mostLookedAt + 1
            ) { key in
                guard found.count < page.limit, looked < Self.mostLookedAt else {
                    hasMore = true
                    return false
                }
                looked += 1
                last = key.id
                guard let token = try transaction.get(Tables.tokens, key.id), token.revokedAt == nil, now < token.expiresAt,
                    try !SignerRow.isRevoked(token.keyId, in: transaction),
                    try Self.liveSession(token.sessionId, at: now, in: transaction) != nil
                else { return true }
                found.append(
                    LiveToken(
                        id: key.id, sessionId: token.sessionId, scopes: token.scopes, audience: token.audience,
                        issuedAt: token.issuedAt, expiresAt: token.expiresAt))
                return true
            }
            return Page(found, lastId: hasMore ? last : nil, limit: page.limit)
        }
    }
}
