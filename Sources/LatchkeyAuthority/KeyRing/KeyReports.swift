package import LatchkeyVerifier

/// Somebody whom a change of keys concerns, and until when.
package struct KeyHolder: Sendable, Equatable {
    /// A sentence.
    package let who: String
    package let until: Timestamp
    /// The newest trust bundle of those that are meant, where holders of bundles are.
    package let sequence: UInt64?

    package init(who: String, until: Timestamp, sequence: UInt64? = nil) {
        self.who = who
        self.until = until
        self.sequence = sequence
    }
}

/// All that is to be said of the key ring at a moment.
package struct KeyRingReport: Sendable {
    package let now: Timestamp
    package let keys: [SigningKeyRecord]
    package let schedule: KeySchedule
    package let timings: KeyTimings
    /// Why the schedule is not being executed, or what failed when it was.
    package let problem: String?
    /// Why nothing is rotated now although it may be due.
    package let waitsFor: Waiting?

    package struct Waiting: Sendable, Equatable {
        /// `standby_too_young`, `bundles`, `cutover`, `clock` or `seal`.
        package let reason: String
        package let until: Timestamp?
    }
}

package struct KeyRotation: Sendable {
    package let newKeyId: String
    package let oldKeyId: String
    package let standbyKeyId: String
    package let rotatedAt: Timestamp
    /// When the old key leaves the JWKS.
    package let oldKeyExpiresAt: Timestamp
    package let notYetAcceptedBy: [KeyHolder]
}

package struct KeyRevocation: Sendable {
    package let revokedKeyIds: [String]
    package let revokedAt: Timestamp
    package let signerKeyId: String?
    package let standbyKeyId: String?
    /// Who may go on to accept tokens of the revoked keys.
    package let stillAcceptedBy: [KeyHolder]
    /// Unexpired tokens that the revoked keys have signed, as far as they are known here.
    package let outstandingTokens: Int
    package let latestTokenExpiry: Timestamp?
    /// Who does not know the new signer yet.
    package let notYetAcceptedBy: [KeyHolder]

    /// Whether somebody has a copy of the JWKS that is wrong now: it holds a revoked key, or lacks the signer.
    package var verifiersMustRefetch: Bool { !stillAcceptedBy.isEmpty || !notYetAcceptedBy.isEmpty }
}

package struct KeyImport: Sendable {
    package let keyId: String
    package let displacedKeyId: String?
    /// When it may sign by plan.
    package let readyAt: Timestamp
}
