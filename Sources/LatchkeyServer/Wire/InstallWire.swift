import HTTPTypes
import LatchkeyAuthority

/// What the install says of itself.
extension Schema {
    private static let level = Schema.enumeration("healthy", "degraded", "unhealthy")

    static let liveness = Schema.object(
        "Liveness", [.required("status", .enumeration("ok")), .required("version", .string().sampled("1.0.0"))])

    static let health = Schema.object(
        "Health",
        [
            .required("status", level), .required("version", .string().sampled("1.0.0")),
            .required(
                "services",
                .map(of: .object([.required("status", level), .optional("reason", .string())])).sampled([
                    "store": ["status": "healthy"], "signing": ["status": "healthy"],
                ])),
        ])

    private static let base64url = Schema.string(pattern: "^[A-Za-z0-9_-]+$")

    static let jwks = Schema.object(
        "Jwks",
        [
            .required(
                "keys",
                .array(of: .oneOf(publicJWK, legacyJWK), count: 1...Int.max))
        ])

    /// An RSA key's public half.
    static let publicJWK = Schema.object(
        "Jwk",
        [
            .required("kty", .enumeration("RSA")), .required("n", base64url.sampled("sXch")),
            .required("e", base64url.sampled("AQAB")), .required("alg", .enumeration("RS256")),
            .required("use", .enumeration("sig")), .required("kid", base64url.sampled("NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs")),
        ])

    /// That there is a legacy key (`cutover-legacy-jwk`); never the key.
    private static let legacyJWK = Schema.object(
        "LegacyJwk",
        [
            .required("kty", .enumeration("oct")), .required("alg", .enumeration("HS256")), .required("use", .enumeration("sig")),
            .required("kid", .string(length: 1...128).sampled("production")),
        ])

    static let openAPI = Schema.object(
        "OpenApi",
        [
            .required("openapi", .string(pattern: "^3\\.1\\.").sampled("3.1.0")), .required("info", .map(of: .anything).sampled([:])),
            .required("paths", .map(of: .anything).sampled([:])), .required("components", .map(of: .anything).sampled([:])),
        ])

    private static let issuerMetadata: [Property] = [
        .required("issuer", .string(format: "uri").sampled("http://127.0.0.1:8787")),
        .required("jwks_uri", .string(format: "uri").sampled("http://127.0.0.1:8787/.well-known/jwks.json")),
        .required("response_types_supported", .array(of: .string()).sampled([])),
        .required("grant_types_supported", .array(of: .string()).sampled([])),
    ]

    static let openIDConfiguration = Schema.object(
        "OpenIdConfiguration",
        issuerMetadata + [
            .required("subject_types_supported", .array(of: .enumeration("public"), count: 1...1)),
            .required("id_token_signing_alg_values_supported", .array(of: .enumeration("RS256"), count: 1...1)),
        ])

    static let authorizationServerMetadata = Schema.object("AuthorizationServerMetadata", issuerMetadata)

    static let status = Schema.object(
        "Status",
        [
            .required("status", level), .required("version", .string().sampled("1.0.0")),
            .required("installId", .string().sampled("inst_01JD4Z8QK6T3W9XN5RVB2H7MCE")),
            .required("orgId", .organisationId.sampled(.subject(.organisation))),
            .required("issuer", .string().sampled("http://127.0.0.1:8787")), .optional("listen", .string()),
            .optional("adminSocket", .string()), .required("stateDir", .string().sampled("/var/lib/latchkey")),
            .required("time", .timestamp), .required("settings", .settingsSource), .required("store", .storeRoom),
            .optional("lastBackupAt", .timestamp.noted("Of which moment the newest backup is that was sent to its end")),
            .required(
                "services",
                .map(of: .object([.required("status", level), .optional("reason", .string()), .optional("detail", .string())])).sampled([
                    "store": ["status": "healthy"], "signing": ["status": "healthy"],
                ])),
            .required(
                "seal",
                .object([
                    .required("open", .boolean), .optional("reason", .string()),
                    .required("masterKey", .string().sampled("/var/lib/latchkey/master.key")), .required("sharesDiskWithStore", .boolean),
                    .required("records", .integer(0...Int64.max).noted("What is sealed under the master key")),
                ])),
            .optional("tls", .servingCertificate),
            .required(
                "clock",
                .object([.required("reliable", .boolean.sampled(true)), .optional("problem", .string()), .optional("advice", .string())])),
            .optional("cutover", .object([.required("phase", .cases(CutoverRecord.Phase.self)), .required("since", .timestamp)])),
            .required(
                "signingKeys",
                .array(
                    of: .object([
                        .required("keyId", base64url.sampled("NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs")),
                        .required("algorithm", .enumeration("RS256")), .required("bits", .integer(2048...4096)),
                        .required("status", .signingKeyState),
                        .required("createdAt", .timestamp),
                    ]))),
            .required("trust", .trustFacts), .required("endingApiKeys", .endingAPIKeys),
            .required("counts", .map(of: .integer(0...Int64.max)).sampled(["organisations": 1, "apiKeys": 2])),
        ])
}

extension RouteAnswer.Header {
    /// The answer is kept nowhere.
    static let noStore = always(.cacheControl, .enumeration("no-store"))
}
