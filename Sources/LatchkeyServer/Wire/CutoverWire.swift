import LatchkeyAuthority
import LatchkeyVerifier

/// What the routes of the cutover answer.
extension Schema {
    private static let phases = CutoverRecord.Phase.allCases.map(\.rawValue)
    private static let algorithm = Schema.enumeration("HS256", "RS256")

    private static let gates = Schema.array(
        of: .object(
            "CutoverGate",
            [
                .required("name", .string().sampled("verifiers")), .required("passed", .boolean), .required("overridable", .boolean),
                .required("detail", .string().sampled("every listed verifier accepts RS256: billing, search").noted("What was measured")),
            ]))

    private static let verifierList = Schema.array(
        of: .object(
            "Verifier",
            [.required("name", .string().sampled("billing")), .required("accepts", .array(of: algorithm, count: 1...2))]))

    static let cutoverVerifiers = Schema.object("CutoverVerifiers", [.required("verifiers", verifierList)])

    static let cutover = Schema.object(
        "Cutover",
        [
            .required("phase", .enumeration(["none"] + phases)), .optional("since", .timestamp), .optional("kid", .string()),
            .optional("issuer", .string()), .optional("maxTTL", .integer(1...2_592_000)), .optional("issuedUntil", .timestamp),
            .optional("signs", algorithm), .optional("verifies", .array(of: algorithm, count: 1...2)),
            .optional("jwksPublicSince", .timestamp.noted("Since when a fetch of the JWKS has shown the next signer")),
            .optional("latestLegacyExpiry", .timestamp.noted("When the last HS256 token of this install ends")),
            .optional("lastPresentedAt", .timestamp.noted("When a legacy token was presented last")),
            .optional("verifiers", verifierList),
            .optional(
                "presenters",
                .array(
                    of: .object(
                        "LegacyPresenter",
                        [
                            .required("subject", .string().sampled("agent_7")), .required("address", .string().sampled("192.0.2.7")),
                            .required("audience", .string().sampled("relayfile")), .required("lastSeenAt", .timestamp),
                        ]), count: 0...100
                ).noted("Who presents legacy tokens, the latest first")),
            .optional("rotationDueSince", .timestamp.noted("Since when a rotation waits for the cutover")),
            .optional("next", .object([.required("to", .enumeration(phases)), .required("gates", gates)])),
        ])

    static let cutoverStep = Schema.object(
        "CutoverStep",
        [
            .required("from", .enumeration(phases)), .required("to", .enumeration(phases)),
            .required("done", .boolean.sampled(true).noted("false for a dry run, and when it stands there already")),
            .required("gates", gates),
            .optional("overridden", .string().noted("The reason with which gates that refused were passed")),
        ])
}
