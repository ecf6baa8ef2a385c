import LatchkeyAuthority
import LatchkeyVerifier

/// `POST /v1/admin/keys/rotate`.
struct RotateBody: RequestBodyType {
    var now: Bool?
    var orgId: String?

    static let schema = Schema.body(
        "RotateSigningKeys",
        [
            .optional(
                "now", .boolean.sampled(true).noted("Also when not every verifier knows the standby yet; the answer says whom it breaks")),
            .optional("orgId", .organisationId),
        ])

    static var whenAbsent: Self? { Self() }
}

/// `POST /v1/admin/keys/{kid}/revoke` and `POST /v1/admin/keys/revoke-all`.
struct EmergencyBody: RequestBodyType {
    let reason: String
    let orgId: String?

    static let schema = Schema.body(
        "RevokeSigningKeys",
        [.required("reason", .displayText(1...500).sampled("a backup was stolen")), .optional("orgId", .organisationId)])
}

/// `POST /v1/admin/keys/import`.
struct ImportKeyBody: RequestBodyType {
    let pem: String
    let orgId: String?

    static let schema = Schema.body(
        "ImportSigningKey",
        [
            .required(
                "pem",
                .string(length: 1...16_384)
                    .sampled("-----BEGIN PRIVATE KEY-----\nMIIE…\n-----END PRIVATE KEY-----\n")
                    .noted("An unencrypted RSA private key of 2048, 3072 or 4096 bits, PKCS#8 or PKCS#1")),
            .optional("orgId", .organisationId),
        ])
}

/// `POST /v1/admin/seal/rewrap`.
struct RewrapBody: RequestBodyType {
    var keyFile: String?
    var giveUp: String?
    var orgId: String?

    static let schema = Schema.body(
        "RewrapSeal",
        [
            .optional(
                "keyFile",
                .string(length: 1...4096).noted(
                    "The file of the new master key, on the daemon's host; needed where somebody else provides it")),
            .optional(
                "giveUp",
                .displayText(1...500).noted(
                    "Only where the old master key is lost: the reason. All signing keys are revoked; new ones and a new trust anchor are made"
                )),
            .optional("orgId", .organisationId),
        ])

    static var whenAbsent: Self? { Self() }
}
