import LatchkeyAuthority
import LatchkeyCrypto
import LatchkeyVerifier

/// `POST /v1/admin/cutover/advance` and `…/rollback`.
struct CutoverStepBody: RequestBodyType {
    var to: String?
    var dryRun: Bool?
    var override: String?
    var orgId: String?

    static let schema = Schema.body(
        "StepCutover",
        [
            .optional(
                "to",
                .cases(CutoverRecord.Phase.self).noted("The phase that is meant; any other than the next one in that direction is refused")),
            .optional("dryRun", .boolean.noted("Only measures: nothing is done, and no gate refuses")), .cutoverOverride,
            .optional("orgId", .organisationId),
        ])

    static var whenAbsent: Self? { Self() }
}

/// `POST /v1/admin/cutover/purge`.
struct CutoverPurgeBody: RequestBodyType {
    var dryRun: Bool?
    var override: String?
    var orgId: String?

    static let schema = Schema.body(
        "PurgeCutover",
        [
            .optional("dryRun", .boolean.noted("Only measures: nothing is done, and no gate refuses")), .cutoverOverride,
            .optional("orgId", .organisationId),
        ])

    static var whenAbsent: Self? { Self() }
}

extension Schema.Property {
    fileprivate static let cutoverOverride = optional(
        "override",
        .displayText(1...500).sampled("all services were checked by hand")
            .noted("Why the step is to be done though a gate refuses; kept in the audit log"))
}

/// `POST /v1/admin/cutover/verifiers`: a verifier is listed, or taken from the list.
struct VerifierBody: RequestBodyType {
    let name: String
    let accepts: [String]?
    let remove: Bool?
    let orgId: String?

    static let schema = Schema.body(
        "ChangeVerifier",
        exactlyOne: [
            .required("accepts", .array(of: .enumeration("HS256", "RS256"), count: 1...2).sampled(["RS256", "HS256"])),
            .required("remove", .boolean.sampled(true).noted("Must be true")),
        ],
        [.required("name", .displayText(1...100).sampled("billing")), .optional("orgId", .organisationId)])

    /// What it accepts; `nil` to take it from the list.
    var wanted: [String]? {
        get throws(APIError) {
            switch (accepts, remove) {
            case (let accepts?, nil): return accepts
            case (nil, true?): return nil
            default: throw .invalid("accepts", "say either accepts, with RS256, HS256 or both, or remove: true")
            }
        }
    }
}

/// `POST /v1/admin/cutover/legacy-secret`.
struct LegacySecretBody: RequestBodyType {
    let kid: String
    let issuer: String
    let maxTTL: WireNumber
    let issuedUntil: String
    let secret: String
    let replace: Bool?
    let orgId: String?

    static let schema = Schema.body(
        "ImportLegacySecret",
        [
            .required(
                "kid", .string(pattern: "^[!-~]*$", length: 1...128).sampled("production").noted("The kid in the header of legacy tokens")),
            .required("issuer", .string(length: 1...256).sampled("https://auth.example.org").noted("The iss of legacy tokens")),
            .required("maxTTL", .integer(1...2_592_000).sampled(3600).noted("Seconds that a legacy token of the old issuer lives at most")),
            .required(
                "issuedUntil",
                .dateTime.sampled("2025-01-31T12:00:00Z").noted("When the old issuer signs its last token; at most 30 days from now")),
            .required(
                "secret",
                .string(pattern: "^[A-Za-z0-9_-]+$", length: 22...1366).sampled("bm90LWEtcmVhbC1zZWNyZXQtYnV0LWxvbmctZW5vdWdo")
                    .noted("The HMAC secret's 16 to 1024 bytes, base64url without padding")),
            .optional("replace", .boolean.noted("Also where one was brought already: it takes its place")),
            .optional("orgId", .organisationId),
        ])

    var wholeTTL: Int64 {
        get throws(APIError) {
            guard let seconds = Int64(exactly: maxTTL.value) else { throw .invalid("maxTTL", "maxTTL must be a whole number of seconds") }
            return seconds
        }
    }

    var moment: Timestamp {
        get throws(APIError) {
            guard let moment = Timestamp(rfc3339: issuedUntil) else {
                throw .invalid("issuedUntil", "issuedUntil must be a date and time as in 2030-01-31T12:00:00Z")
            }
            return moment
        }
    }

    var bytes: Secret {
        get throws(APIError) {
            guard let bytes = Base64URL.decode(secret) else {
                throw .invalid("secret", "secret must be base64url without padding, of the secret's bytes")
            }
            return Secret(copying: bytes)
        }
    }
}
