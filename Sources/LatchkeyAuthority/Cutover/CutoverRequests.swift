package import LatchkeyCrypto
package import LatchkeyVerifier

/// What the import of a legacy secret asks for.
package struct LegacySecretRequest: Sendable {
    /// Key id in the header of legacy tokens.
    package var kid: String
    /// `iss` of legacy tokens.
    package var issuer: String
    /// Seconds: the longest life of a legacy token from elsewhere.
    package var maxTTL: Int64
    /// When the last legacy token from elsewhere is issued.
    package var issuedUntil: Timestamp
    package var secret: Secret
    /// Whether it takes the place of one that was imported by mistake.
    package var replaces: Bool

    package init(
        kid: String, issuer: String, maxTTL: Int64, issuedUntil: Timestamp, secret: Secret, replaces: Bool = false
    ) {
        self.kid = kid
        self.issuer = issuer
        self.maxTTL = maxTTL
        self.issuedUntil = issuedUntil
        self.secret = secret
        self.replaces = replaces
    }
}

/// What a step of the cutover asks for.
package struct CutoverStepRequest: Sendable {
    /// The phase that is meant, so that a request that comes twice takes one step.
    package var to: String?
    /// Measures, and does nothing.
    package var dryRun: Bool
    /// Why a gate that refuses is to be passed all the same.
    package var override: String?

    package init(to: String? = nil, dryRun: Bool = false, override: String? = nil) {
        self.to = to
        self.dryRun = dryRun
        self.override = override
    }
}

/// A resource server to be listed, changed or taken from the list.
package struct VerifierRequest: Sendable {
    package var name: String
    /// `RS256`, `HS256` or both; `nil` takes it from the list.
    package var accepts: [String]?

    package init(name: String, accepts: [String]?) {
        self.name = name
        self.accepts = accepts
    }
}

/// What came of a step.
package struct CutoverStep: Sendable {
    package let from: CutoverRecord.Phase
    package let to: CutoverRecord.Phase
    /// Whether it was taken: not in a dry run, and not when the cutover stood there already.
    package let done: Bool
    package var gates: [CutoverGate]
    /// The reason with which gates that refused were passed; none when all had passed.
    package let overridden: String?
}

/// Where a cutover stands.
package struct CutoverStatus: Sendable {
    package struct Next: Sendable {
        package let to: CutoverRecord.Phase
        package let gates: [CutoverGate]
    }

    private let record: CutoverRecord
    /// The latest `exp` of an HS256 token that was issued here.
    package let latestLegacyExpiry: Timestamp?
    package let lastPresentedAt: Timestamp?
    /// The newest first.
    package let presenters: [LegacyUseRow]
    /// Since when a rotation waits for the cutover.
    package let rotationDueSince: Timestamp?
    /// The next step forward; none at the end.
    package let next: Next?

    init(
        _ record: CutoverRecord, latestLegacyExpiry: Timestamp?, lastPresentedAt: Timestamp?, presenters: [LegacyUseRow],
        rotationDueSince: Timestamp?, next: Next?
    ) {
        self.record = record
        self.latestLegacyExpiry = latestLegacyExpiry
        self.lastPresentedAt = lastPresentedAt
        self.presenters = presenters
        self.rotationDueSince = rotationDueSince
        self.next = next
    }

    package var phase: CutoverRecord.Phase { record.phase }
    package var since: Timestamp { record.phaseSince }
    package var kid: String { record.kid }
    package var issuer: String { record.issuer }
    package var maxTTL: Int64 { record.maxTTL }
    package var issuedUntil: Timestamp { record.issuedUntil }
    package var jwksPublicSince: Timestamp? { record.publicSince }
    package var verifiers: [CutoverRecord.Verifier] { record.verifiers }
    package var signs: String { phase.signsLegacy ? "HS256" : "RS256" }
    package var verifies: [String] { phase.verifiesLegacy ? ["HS256", "RS256"] : ["RS256"] }
}
