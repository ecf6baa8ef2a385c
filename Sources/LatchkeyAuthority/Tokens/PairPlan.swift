import LatchkeyCrypto
import LatchkeyScopes
import LatchkeyVerifier

/// Everything about a token pair but its signature: what an issue or a refresh has decided to give, on what ground.
struct PairPlan: Sendable {
    let identity: IdentityRecord
    /// The identity's row that the decision was made on; the commit is only made on the same one.
    let ground: IdentityRow
    let sessionId: String
    let tokenId: String
    let scopes: ScopeSet
    let audience: [String]
    let issuedAt: Timestamp
    /// Seconds that an access token of this session lives, where the session's end does not cut it.
    let accessLife: Int64
    let accessExpiresAt: Timestamp
    let refreshExpiresAt: Timestamp

    func claims(issuer: String) -> Claims {
        Claims(
            subject: identity.id, organisation: identity.orgId, workspace: identity.workspaceId, scopes: scopes.texts,
            sponsorId: identity.sponsorId,
            sponsorChain: identity.sponsorChain, issuer: issuer, audience: audience, expiresAt: accessExpiresAt.seconds,
            issuedAt: issuedAt.seconds,
            tokenId: tokenId, sessionId: sessionId)
    }
}
