import LatchkeyAuthority
import LatchkeyVerifier

/// What the routes of the key ring answer.
extension Schema {
    static let signingKeyState = Schema.enumeration("standby", "active", "grace", "retired", "revoked")

    private static let keyId = Schema.string().sampled("NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs")

    /// Who is meant, as a sentence, and until when.
    static let concerned = Schema.array(
        of: .object(
            "Concerned",
            [
                .required("who", .string().sampled("verifiers with a cached JWKS (Cache-Control: max-age 3600 s)")),
                .required("until", .timestamp),
                .optional(
                    "sequence", .integer(1...Int64.max).noted("Of the newest trust bundle that is meant, where holders of bundles are")),
            ]))

    private static let signingKey = Schema.object(
        "SigningKey",
        [
            .required("keyId", keyId), .required("algorithm", .enumeration("RS256")), .required("bits", .integer(2048...4096)),
            .required("origin", .enumeration("generated", "imported")), .required("status", .signingKeyState),
            .required("createdAt", .timestamp), .required("publishedAt", .timestamp.noted("When it entered the JWKS")),
            .optional("activatedAt", .timestamp), .optional("deactivatedAt", .timestamp),
            .optional("leavesAt", .timestamp.noted("When a key in grace will leave the JWKS")),
            .optional("leftAt", .timestamp.noted("When it left the JWKS")), .optional("revokeReason", .string()),
            .optional("knownBy", .timestamp.noted("When no copy of the JWKS without it is in use any more; trust bundles apart")),
            .optional(
                "bundlesLackItUntil", .timestamp.noted("It does not sign before then by plan: a trust bundle without it may be in use")),
            .required("jwk", .publicJWK),
        ])

    private static let seconds = Schema.integer(0...Int64.max).sampled(86_400)

    private static let keySchedule = Schema.object(
        "KeySchedule",
        [
            .required("now", .timestamp),
            .optional("signerKeyId", keyId.noted("Absent while a cutover's legacy key signs")), .optional("standbyKeyId", keyId),
            .optional("rotationDueAt", .timestamp),
            .optional(
                "next",
                .object([
                    .required("step", .enumeration("rotate", "create_standby", "retire")), .optional("keyId", keyId),
                    .required("at", .timestamp),
                ])),
            .optional(
                "waitsFor",
                .object([
                    .required("reason", .enumeration("standby_too_young", "bundles", "cutover", "clock", "seal")),
                    .optional("until", .timestamp),
                ])),
            .optional("problem", .string().noted("Why the ring could not be brought up to date")),
            .required(
                "timings",
                .object([
                    .required("rotationPeriod", seconds), .required("shortestStandby", seconds), .required("graceAfterUse", seconds),
                    .required("jwksMaxAge", seconds), .required("maxBundleLife", seconds), .required("maxAccessTokenTTL", seconds),
                ])),
        ])

    static let keyRing = Schema.object(
        "KeyRing", [.required("keys", .array(of: signingKey)), .required("schedule", keySchedule)])

    static let keyRotation = Schema.object(
        "KeyRotation",
        [
            .required("newKeyId", keyId), .required("oldKeyId", keyId), .required("standbyKeyId", keyId),
            .required("rotatedAt", .timestamp),
            .required("oldKeyExpiresAt", .timestamp.noted("When the old key leaves the JWKS")),
            .required("notYetAcceptedBy", concerned.noted("Who does not know the new signer yet")),
        ])

    static let keyRevocation = Schema.object(
        "KeyRevocation",
        [
            .required("revokedKeyIds", .array(of: keyId)), .required("revokedAt", .timestamp), .optional("signerKeyId", keyId),
            .optional("standbyKeyId", keyId),
            .required("stillAcceptedBy", concerned.noted("Who may still accept tokens of the revoked key")),
            .required("outstandingTokens", .integer(0...Int64.max)), .optional("latestTokenExpiry", .timestamp),
            .required("notYetAcceptedBy", concerned.noted("Who does not know the new signer yet")),
            .required(
                "verifiersMustRefetch",
                .boolean.noted("Whether a copy of the JWKS is about that holds a revoked key, or lacks the new signer")),
        ])

    static let keyImport = Schema.object(
        "KeyImport",
        [
            .required("keyId", keyId), .required("status", .enumeration("standby")), .optional("displacedKeyId", keyId),
            .required("readyAt", .timestamp.noted("When it may sign")),
        ])

    static let clockAcceptance = Schema.object(
        "ClockAcceptance",
        [
            .required("time", .timestamp), .required("wasUnreliable", .boolean), .optional("problem", .string()),
            .required("correctedKeys", .integer(0...Int64.max)),
        ])

    static let sealRewrap = Schema.object(
        "SealRewrap",
        [
            .required("rewrappedAt", .timestamp), .required("records", .integer(0...Int64.max)),
            .required("masterKey", .string().sampled("/var/lib/latchkey/master.key")),
            .optional("oldMasterKey", .string().noted("The file of the old master key: destroy it now")),
            .optional("endedCutover", .boolean.noted("The cutover's secret was lost with the old master key: HS256 tokens are dead")),
        ])
}
