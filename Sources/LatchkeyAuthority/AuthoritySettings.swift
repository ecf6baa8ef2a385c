package import LatchkeyScopes
package import LatchkeyVerifier

/// What the operator can set of the domain. Times are whole seconds.
package struct AuthoritySettings: Sendable {
    /// `iss` of every token.
    package var issuer: String
    package var planes: Planes
    /// Life of an access token that asks for none, at most `maxAccessTokenTTL`.
    package var accessTokenTTL: Int64 = 3600
    /// Life of a refresh token, at most 30 days.
    package var refreshTokenTTL: Int64 = 86_400
    /// The longest life of an access token, at most 24 h.
    package var maxAccessTokenTTL: Int64 = 86_400
    /// For how long a JWKS may be cached.
    package var jwksMaxAge: Int64 = 3600
    /// From a signing key's first signature to the next key's.
    package var rotationPeriod: Int64 = 90 * 86_400
    /// How long a signing key is in the JWKS before it signs by plan.
    package var shortestStandby: Int64 = 86_400
    /// How long a signing key stays in the JWKS after its last signature.
    package var graceAfterUse: Int64 = 72 * 3600
    /// How long a trust bundle may be used.
    package var maxBundleLife: Int64 = 30 * 86_400
    /// For how long after its use a refresh token may come again for the same answer; 0 turns that off.
    package var refreshRetryWindow: Int64 = 10
    /// Mints an hour of one root, and of one client address; 0 turns the limit off.
    package var mintsPerHour: Int = 60
    /// Mints of keys that hold everything, by whatever route, an hour of one root, and of one client address; 0 turns the limit off.
    package var organisationTokensPerHour: Int = 10
    /// Days that entries of the audit log are kept, and the most that an organisation may choose; 0 for ever.
    package var auditRetentionDays: Int = 0
    /// A checkpoint of the audit log is signed after so many entries, and so many minutes after the first entry that none covers; 0 turns either
    /// off.
    package var auditCheckpointEntries = 1000
    package var auditCheckpointMinutes = 60
    /// Events that wait for a subscriber, at most: more than one commit can tell. All subscribers of an organisation share them.
    package var mostWaitingEvents: Int = 12_000
    /// 2048, 3072 or 4096.
    package var signingKeyBits: Int = 3072
    /// How long no legacy token must have been presented before HS256 ends, and how long `cutover` must have lasted.
    package var cutoverSoak: Int64 = 90 * 60
    /// How long RS256 alone must have held before the legacy secret is destroyed.
    package var cutoverHold: Int64 = 7 * 86_400
    /// Whether the JWKS shows that there is a legacy key (never the key itself).
    package var showsLegacyJWK = false
    /// The program and its version, as backups name it.
    package var program = "latchkey"
    /// When this program was made: no clock is right that is earlier.
    package var madeAt = Timestamp(milliseconds: 0)
    /// Threads that sign: one a core.
    package var signingThreads: Int = 2
    /// Who is told of signatures.
    package var signingObserver: SigningObserver?

    /// A session ends this long after its issue, whatever its tokens' lives (contract §6: 30 days).
    package static let sessionLife: Int64 = 30 * 86_400

    package init(issuer: String, planes: Planes) {
        self.issuer = issuer
        self.planes = planes
    }

    /// The timings of the key ring.
    package var timings: KeyTimings {
        var timings = KeyTimings()
        timings.rotation = rotationPeriod
        timings.shortestStandby = shortestStandby
        timings.graceAfterUse = graceAfterUse
        timings.jwksMaxAge = jwksMaxAge
        timings.maxBundleLife = maxBundleLife
        timings.longestToken = maxAccessTokenTTL
        return timings
    }
}
