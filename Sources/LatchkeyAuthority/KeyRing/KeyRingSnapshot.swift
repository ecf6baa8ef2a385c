import LatchkeyCrypto
package import LatchkeyVerifier

/// The key ring as everybody sees it until the next change: the keys that verify, the document that shows them, and the key that signs.
package final class KeyRingSnapshot: Sendable {
    package let ring: KeyRing
    package let keySet: KeySet
    /// The JWKS as served.
    package let document: [UInt8]
    /// A strong validator of the document (RFC 9110 §8.8.3), with its quotes.
    package let entityTag: String
    /// The legacy key while its secret is there, also in the phase that does not take its tokens any more.
    let legacyKey: LegacyKey?
    /// When the next key leaves the JWKS by itself: then this is out of date.
    let validUntil: Timestamp?
    /// What signs, or why nothing does.
    let signer: Result<TokenSigner, SignerProblem>

    /// What a person should know about a standby that could not take over; the signer is not concerned.
    package let standbyProblem: String?

    /// What a person should know about a signer that is out of reach.
    package var signingProblem: String? {
        if case .failure(let problem) = signer { problem.detail } else { nil }
    }

    /// The RSA key that signs, for a probe.
    ///
    /// - Throws: `signing_unavailable` when none does.
    func rsaSigner() throws -> RSAPrivateKey {
        guard case .success(.rsa(_, let key)) = signer else { throw SignerProblem.told }
        return key
    }

    init(_ ring: KeyRing, _ sealing: Sealing, showsLegacy: Bool) throws {
        self.ring = ring
        legacyKey = Self.legacyKey(of: ring, sealing)
        let accepted = ring.cutover?.phase.verifiesLegacy == true ? legacyKey : nil
        keySet = try KeySet(ring.jwks, legacy: accepted)
        document = ring.document(showsLegacy: showsLegacy)
        entityTag = Self.tag(of: document)
        validUntil = ring.schedule.publishedUntil
        signer = Self.signer(of: ring, accepted, sealing)
        standbyProblem = sealing.seal.flatMap { Self.standbyProblem(of: ring, seal: $0) }
    }

    /// The same keys at a later moment: one or more have left the JWKS, nothing else has changed.
    init(_ earlier: KeyRingSnapshot, at now: Timestamp, timings: KeyTimings, showsLegacy: Bool) throws {
        ring = KeyRing(earlier.ring.records, timings, cutover: earlier.ring.cutover, at: now)
        legacyKey = earlier.legacyKey
        keySet = try KeySet(ring.jwks, legacy: earlier.keySet.legacy)
        document = ring.document(showsLegacy: showsLegacy)
        entityTag = Self.tag(of: document)
        validUntil = ring.schedule.publishedUntil
        signer = earlier.signer
        standbyProblem = earlier.standbyProblem
    }

    private static func tag(of document: [UInt8]) -> String { "\"\(Base64URL.encode(Array(SHA256.hash(document).prefix(12))))\"" }

    private static func legacyKey(of ring: KeyRing, _ sealing: Sealing) -> LegacyKey? {
        guard let cutover = ring.cutover, let sealed = cutover.sealedSecret, let seal = sealing.seal,
            let secret = try? cutover.openedSecret(sealed: sealed, by: seal)
        else { return nil }
        return try? LegacyKey(kid: cutover.kid, secret: secret, issuer: cutover.issuer)
    }

    private static func standbyProblem(of ring: KeyRing, seal: Seal) -> String? {
        guard let standby = ring.standby else { return "there is no standby signing key" }
        guard let sealed = standby.sealedPrivateKey, (try? standby.openedPrivateKey(sealed: sealed, by: seal)) != nil else {
            return "the sealed private half of the standby signing key \(standby.kid) does not open in its place; it was changed or moved"
        }
        return nil
    }

    private static func signer(of ring: KeyRing, _ legacy: LegacyKey?, _ sealing: Sealing) -> Result<TokenSigner, SignerProblem> {
        if let cutover = ring.cutover, cutover.phase.signsLegacy, sealing.seal != nil {
            guard let legacy else {
                return .failure(
                    SignerProblem(
                        detail: "tokens can't be signed: the sealed legacy secret does not open in its place; it was changed or moved"))
            }
            return .success(.legacy(legacy))
        }
        guard let active = ring.active else { return .failure(SignerProblem(detail: "there is no active signing key")) }
        guard let seal = sealing.seal else {
            return .failure(SignerProblem(detail: "tokens can't be signed: \(sealing.state.reason ?? "the master key is not there")"))
        }
        guard let sealed = active.sealedPrivateKey, let key = try? active.privateKey(sealed: sealed, by: seal) else {
            return .failure(
                SignerProblem(
                    detail: "tokens can't be signed: the sealed private half of the signing key \(active.kid) does not open in its place; "
                        + "it was changed or moved"))
        }
        return .success(.rsa(kid: active.kid, key))
    }
}

/// Why nothing can be signed. What callers are told names no path and no key; the operator's `status` has the detail.
struct SignerProblem: Error {
    let detail: String

    static let told = AuthorityError(.signingUnavailable, "no token can be signed now; the operator's status says why")
}

extension SigningKeyRecord {
    /// The private half's PKCS#8. That it opens says that it was sealed here, for this record.
    func openedPrivateKey(sealed: String, by seal: Seal) throws -> Secret {
        try seal.open(sealed, type: "signing-key", id: kid, version: Self.version)
    }

    /// Opens the private half and makes sure that it is this record's. It was checked in full before it was sealed.
    func privateKey(sealed: String, by seal: Seal) throws -> RSAPrivateKey {
        let key = try RSAPrivateKey(pkcs8: openedPrivateKey(sealed: sealed, by: seal), validation: .pairwise)
        guard key.publicKey.thumbprint == kid else { throw SealError.notSealed }
        return key
    }

    /// Whether the private half is there and opens in its place.
    func isUsable(by seal: Seal) -> Bool {
        guard let sealedPrivateKey else { return false }
        return (try? privateKey(sealed: sealedPrivateKey, by: seal)) != nil
    }
}
