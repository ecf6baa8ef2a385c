import LatchkeyStore
import LatchkeyVerifier

extension Authority {
    /// The claims of an access token as JSON, in the bytes that were signed; `nil` when the token is not good now or belongs to another
    /// organisation (RFC 7662 §2.2 in the contract's form).
    package func introspect(_ text: String, by caller: Caller) throws -> [UInt8]? {
        try caller.requireOwn()
        let now = clock.now()
        guard let verified = try? goodToken(text, audiences: nil, at: now) else { return nil }
        let claims = verified.claims
        guard claims.organisation.utf8.elementsEqual(caller.principal.organisation.utf8) else { return nil }
        let root = try read { transaction in
            try Self.liveRoot(tokenId: claims.tokenId, sessionId: claims.sessionId, identityId: claims.subject, at: now, in: transaction)
        }
        return root == nil ? nil : verified.payload
    }
}
