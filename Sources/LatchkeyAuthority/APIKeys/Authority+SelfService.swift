package import LatchkeyCrypto
import LatchkeyScopes
import LatchkeyStore
package import LatchkeyVerifier

extension Authority {
    /// Mints a key that acts as its caller's identity. It holds what the caller's credential holds, cut to what the identity holds at each
    /// use, and lives as long as the identity does.
    ///
    /// - Throws: `identity_required`, `invalid_request` (name, expires_at), `rate_limited`, `clock_unreliable`, `storage_unavailable`.
    package func mintSelfServiceKey(
        name: String?, expiresAt: Timestamp?, by caller: Caller
    ) async throws -> (key: APIKey, secret: Secret) {
        let owner = try Self.requireIdentity(caller.principal)
        let name = try DisplayText.normalised(name ?? "API key", field: "name", scalars: 1...100)
        try requireFuture(expiresAt, field: "expires_at")
        try caller.requireOwn()
        return try await mint(.selfService, name: name, scopes: caller.principal.scopes, expiresAt: expiresAt, owner: owner, by: caller)
    }

    /// The identity behind a caller.
    ///
    /// - Throws: `identity_required`.
    @discardableResult
    package static func requireIdentity(_ principal: Principal) throws(AuthorityError) -> String {
        guard let id = principal.identityId else {
            throw AuthorityError(
                .identityRequired, "this is for identities: call it with an identity's token, or a key that an identity made")
        }
        return id
    }
}
