import LatchkeyVerifier

/// What a pair shows to everybody: enough to tell it from another one.
struct CertificateFacts: Sendable, Equatable {
    /// SHA-256 of this host's own certificate, in hexadecimal digits.
    let fingerprint: String
    let begins: Timestamp
    let ends: Timestamp

    /// As the audit log tells that these took the place of others.
    func metadata(inPlaceOf former: CertificateFacts) -> [String: String] {
        [
            "sha256": fingerprint, "notBefore": begins.description, "notAfter": ends.description, "formerSha256": former.fingerprint,
            "formerNotAfter": former.ends.description,
        ]
    }
}
