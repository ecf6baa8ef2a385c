import LatchkeyVerifier

/// All that gates look at, at one moment.
struct CutoverFacts: Sendable {
    let record: CutoverRecord
    /// The RSA key that signs, or will from the phase `cutover` on.
    let active: SigningKeyRecord?
    let probe: CutoverProbe
    /// The latest `exp` of an HS256 token that was issued here.
    let latestLegacyExpiry: Timestamp?
    /// When a legacy token was presented last.
    let lastPresentedAt: Timestamp?
    /// When every copy of the JWKS holds that key, as far as copies live for as long as they do now.
    let activeKnownBy: Timestamp?
    /// When the last copy ends that lives for longer than copies do now.
    let copiesUntil: Timestamp?
    /// Seconds.
    let jwksMaxAge: Int64
    /// Seconds.
    let soak: Int64
    /// Seconds.
    let hold: Int64
    let now: Timestamp
}

/// What came of letting the RSA key sign something that the JWKS has to verify.
struct CutoverProbe: Sendable, Equatable {
    /// The key that was tried.
    let kid: String?
    /// Why it did not go well, as a sentence.
    let problem: String?
}
