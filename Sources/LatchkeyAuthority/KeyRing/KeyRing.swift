package import LatchkeyCrypto
import LatchkeyVerifier

/// All signing keys with their states. Who signs and what the JWKS shows both come from this one value, so they can't disagree.
package struct KeyRing: Sendable {
    /// In the order of the JWKS: the signer, the standby, then keys that still verify, the youngest first.
    package let published: [SigningKeyRecord]
    /// Every key that there ever was, by the time of its making.
    package let records: [SigningKeyRecord]

    package init(_ records: [SigningKeyRecord]) {
        self.records = records.sorted { ($0.createdAt, $0.kid) < ($1.createdAt, $1.kid) }
        func rank(_ state: SigningKeyRecord.State) -> Int? {
            switch state {
            case .active: 0
            case .standby: 1
            case .grace: 2
            case .retired, .revoked: nil
            }
        }
        published = records.compactMap { record in rank(record.state).map { ($0, record) } }
            .sorted { a, b in a.0 != b.0 ? a.0 < b.0 : (a.1.createdAt, a.1.kid) > (b.1.createdAt, b.1.kid) }
            .map(\.1)
    }

    /// The key that signs; its private half may still be out of reach.
    package var active: SigningKeyRecord? { published.first { $0.state == .active } }

    package var standby: SigningKeyRecord? { published.first { $0.state == .standby } }

    package var jwks: JWKSet {
        JWKSet(keys: published.map { JWK(kty: "RSA", kid: $0.kid, use: "sig", alg: "RS256", n: $0.n, e: $0.e) })
    }

    /// The JWKS as it is served, members in a fixed order.
    package var document: [UInt8] {
        var writer = JSONWriter(capacity: 2048)
        writer.object { writer in
            writer.key("keys")
            writer.array { writer in
                for key in published {
                    writer.object { writer in
                        writer.member("kty", "RSA")
                        writer.member("n", key.n)
                        writer.member("e", key.e)
                        writer.member("alg", "RS256")
                        writer.member("use", "sig")
                        writer.member("kid", key.kid)
                    }
                }
            }
        }
        return writer.bytes
    }
}
