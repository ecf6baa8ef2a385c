package import LatchkeyCrypto
package import LatchkeyVerifier

/// All signing keys with their states, and what follows from them at a moment. Who signs and what the JWKS shows both come from this one
/// value, so they can't disagree.
package struct KeyRing: Sendable {
    /// Every key that is remembered, by the time of its making.
    package let records: [SigningKeyRecord]
    package let schedule: KeySchedule
    /// The move from HS256, if there ever was one.
    package let cutover: CutoverRecord?

    package init(_ records: [SigningKeyRecord], _ timings: KeyTimings, cutover: CutoverRecord?, at now: Timestamp) {
        self.records = records.sorted { ($0.createdAt, $0.kid) < ($1.createdAt, $1.kid) }
        schedule = KeySchedule(self.records, timings, at: now, isHeld: cutover?.phase.holdsKeys ?? false)
        self.cutover = cutover
    }

    /// In the order of the JWKS: the signer, the standby, then keys that still verify, the youngest first.
    package var published: [SigningKeyRecord] { schedule.published }

    /// The JWKS's keys in its order, then those that have left it, the latest first.
    package var inOrder: [SigningKeyRecord] {
        let shown = Set(published.map(\.kid))
        let others = records.filter { !shown.contains($0.kid) }
        return published + others.sorted { ($0.leftAt ?? $0.createdAt) > ($1.leftAt ?? $1.createdAt) }
    }

    /// The RSA key that signs, or will when a cutover gets there; its private half may still be out of reach.
    package var active: SigningKeyRecord? { schedule.signer }

    package var standby: SigningKeyRecord? { schedule.standby }

    /// `kid` of the key that tokens are signed with.
    package var signerKid: String? {
        if let cutover, cutover.phase.signsLegacy { cutover.kid } else { active?.kid }
    }

    package var jwks: JWKSet {
        JWKSet(keys: published.map { JWK(kty: "RSA", kid: $0.kid, use: "sig", alg: "RS256", n: $0.n, e: $0.e) })
    }

    /// The JWKS as it is served, members in a fixed order.
    ///
    /// - Parameter showsLegacy: whether a legacy key that verifies is shown, without its secret.
    package func document(showsLegacy: Bool) -> [UInt8] {
        var writer = JSONWriter(capacity: 2048)
        writer.object { writer in
            writer.key("keys")
            writer.array { writer in
                for key in published { writer.publicKey(key) }
                if showsLegacy, let cutover, cutover.phase.verifiesLegacy {
                    writer.object { writer in
                        writer.member("kty", "oct")
                        writer.member("alg", "HS256")
                        writer.member("use", "sig")
                        writer.member("kid", cutover.kid)
                    }
                }
            }
        }
        return writer.bytes
    }
}

extension JSONWriter {
    /// A signing key's public half as a JWK (RFC 7517 §4, RFC 7518 §6.3.1).
    package mutating func publicKey(_ key: SigningKeyRecord) {
        object { writer in
            writer.member("kty", "RSA")
            writer.member("n", key.n)
            writer.member("e", key.e)
            writer.member("alg", "RS256")
            writer.member("use", "sig")
            writer.member("kid", key.kid)
        }
    }
}
