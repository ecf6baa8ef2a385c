package import LatchkeyCrypto

/// A trust bundle whose signature, place in the line and time were found good: what tokens are held against.
public struct CheckedBundle: Sendable {
    /// What to remember, so that no older bundle is taken after this one.
    public let state: BundleState
    /// The public keys of the bundle.
    public let keys: KeySet
    package let contents: BundleContents

    public var issuer: String { contents.issuer }
    public var madeAt: Timestamp { contents.madeAt }
    /// From then on nothing is verified with it any more; fetch the next one before.
    public var notAfter: Timestamp { contents.notAfter }
    public var sequence: Int64 { contents.sequence }

    init(_ contents: BundleContents, state: BundleState, legacy: LegacyKey? = nil) throws(VerificationError) {
        self.contents = contents
        self.state = state
        keys = try KeySet(JWKSet(keys: contents.keys), legacy: legacy)
    }

    /// This bundle, and the legacy key besides: tokens of the kind that the install signed before it had RSA keys (HS256) are accepted, too,
    /// as long as the bundle says that the install accepts them.
    ///
    /// - Parameter secret: that of the one legacy key that the bundle names.
    /// - Throws: `.keySet` when the bundle names none or another one, or the secret can't be one.
    public func accepting(legacySecret secret: [UInt8], kid: String) throws(VerificationError) -> CheckedBundle {
        try accepting(legacySecret: Secret(copying: secret), kid: kid)
    }

    package func accepting(legacySecret secret: Secret, kid: String) throws(VerificationError) -> CheckedBundle {
        guard let terms = contents.legacy else {
            throw VerificationError(.keySet, "the bundle says that HS256 is not accepted (any more): go without the legacy secret")
        }
        guard terms.kid.utf8.elementsEqual(kid.utf8) else {
            throw VerificationError(.keySet, "the kid of the bundle's legacy key is \(terms.kid), not \(kid)")
        }
        return try CheckedBundle(contents, state: state, legacy: LegacyKey(kid: kid, secret: secret, issuer: terms.issuer))
    }

    /// Whether the bundle may be used at this moment, with 60 s of clock skew. A clock that is before the bundle's making is wrong, and a
    /// wrong clock can't tell what has expired.
    ///
    /// - Throws: `.clock`, `.frozen`.
    func check(at now: Timestamp) throws(VerificationError) {
        guard madeAt <= now.adding(seconds: TokenPolicy.standardSkew) else {
            throw VerificationError(
                .clock,
                "this host's clock says \(now), and the bundle was made at \(madeAt); set the clock, nothing can be verified by this one")
        }
        guard now < notAfter.adding(seconds: TokenPolicy.standardSkew) else {
            throw VerificationError(.frozen, "the bundle was good until \(notAfter); fetch a newer one")
        }
    }
}
