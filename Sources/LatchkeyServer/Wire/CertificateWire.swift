import LatchkeyVerifier

extension JSONWriter {
    /// What TLS is spoken with; nothing where it is not spoken.
    mutating func certificate(_ certificate: ServingCertificate?) {
        guard let certificate else { return }
        let pair = certificate.pair
        key("tls")
        object { writer in
            writer.member("certificate", certificate.files.certificate)
            writer.member("key", certificate.files.key)
            writer.member("sha256", pair.facts.fingerprint)
            writer.member("notBefore", pair.begins)
            writer.member("notAfter", pair.ends)
            writer.member("problem", ifPresent: certificate.problem)
        }
    }
}

extension Schema {
    static let servingCertificate = Schema.object([
        .required("certificate", .string().sampled("/etc/latchkey/tls.pem")), .required("key", .string().sampled("/etc/latchkey/tls.key")),
        .required("sha256", .string(pattern: "^[0-9a-f]{64}$").noted("Of the certificate itself, in its binary form")),
        .required("notBefore", .timestamp), .required("notAfter", .timestamp),
        .optional("problem", .string().noted("Why the files that are there now are not those that are served")),
    ])
}
