import LatchkeyAuthority
import LatchkeyVerifier

/// What the operator sees of the trust anchor and the bundles that are out.
struct TrustFacts {
    private static let most = 20

    let anchor: AnchorReport
    /// The newest of those that may be in use.
    let bundles: [LiveBundle]
    let hasMore: Bool

    init(_ authority: Authority) throws {
        anchor = try authority.anchorReport()
        let bundles = try authority.liveBundles(Self.most + 1)
        self.bundles = Array(bundles.prefix(Self.most))
        hasMore = bundles.count > Self.most
    }
}

extension Schema {
    private static let anchorId = Schema.string(pattern: "^[A-Za-z0-9_-]{43}$").sampled("NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs")
    private static let fingerprint = Schema.string(pattern: "^[0-9A-F]{4}( [0-9A-F]{4}){9}$")
        .sampled("9F2C 88AB 04D1 77E0 5B3A C6F2 19D4 E8B7 6A05 2C91")
        .noted("The first 160 bits of the SHA-256 of the public key's DER, for reading aloud")
    private static let sequence = Schema.integer(1...Int64.max).sampled(12)

    static let trustFacts = Schema.object([
        .required("anchor", .object([.required("keyId", anchorId), .required("fingerprint", fingerprint)])),
        .required(
            "bundles",
            .array(
                of: .object([
                    .required("sequence", sequence), .required("madeAt", .timestamp), .required("notAfter", .timestamp),
                    .required("revocation", .integer(0...Int64.max)),
                ])
            ).sampled([]).noted("Trust bundles that may be in use, the newest first")),
        .required("moreBundles", .boolean.noted("Whether there are older ones besides")),
    ])

    static let anchor = Schema.object(
        "TrustAnchor",
        [
            .required("installId", .string().sampled("inst_01JD4Z8QK6T3W9XN5RVB2H7MCE")), .required("keyId", anchorId),
            .required("fingerprint", fingerprint),
            .required("number", .integer(0...Int64.max).noted("0 for the first anchor of an install")), .required("createdAt", .timestamp),
            .required(
                "pem",
                .string().sampled("-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA…\n-----END PUBLIC KEY-----\n").noted(
                    "The file that verifiers hold; SubjectPublicKeyInfo (RFC 8410)")),
            .required(
                "successions",
                .array(of: .string()).sampled([]).noted("Statements that lead here from anchors before, the oldest first; compact JWS")),
            .required(
                "former",
                .array(
                    of: .object([
                        .required("keyId", anchorId), .required("fingerprint", fingerprint), .required("number", .integer(0...Int64.max)),
                        .required("createdAt", .timestamp), .optional("endedAt", .timestamp),
                    ])
                ).sampled([])),
        ])

    /// A trust bundle's file: a JWS in flattened JSON serialization (RFC 7515 §7.2.2) with an unencoded payload (RFC 7797).
    static let bundle = Schema.object(
        "TrustBundle",
        [.required("payload", .string()), .required("protected", .string()), .required("signature", .string())])
}

extension JSONWriter {
    mutating func trustFacts(_ facts: TrustFacts) {
        key("trust")
        object { writer in
            writer.key("anchor")
            writer.object { writer in
                writer.member("keyId", facts.anchor.current.keyId)
                writer.member("fingerprint", facts.anchor.current.fingerprint)
            }
            writer.key("bundles")
            writer.array { writer in
                for bundle in facts.bundles {
                    writer.object { writer in
                        writer.member("sequence", Int64(clamping: bundle.sequence))
                        writer.member("madeAt", bundle.madeAt)
                        writer.member("notAfter", bundle.notAfter)
                        writer.member("revocation", Int64(clamping: bundle.revocation))
                    }
                }
            }
            writer.member("moreBundles", facts.hasMore)
        }
    }

    mutating func anchor(_ report: AnchorReport) {
        object { writer in
            writer.member("installId", report.installId)
            writer.member("keyId", report.current.keyId)
            writer.member("fingerprint", report.current.fingerprint)
            writer.member("number", report.number)
            writer.member("createdAt", report.createdAt)
            writer.member("pem", report.current.pem)
            writer.member("successions", report.statements.map(\.text))
            writer.key("former")
            writer.array { writer in
                for former in report.former {
                    writer.object { writer in
                        writer.member("keyId", former.anchor.keyId)
                        writer.member("fingerprint", former.anchor.fingerprint)
                        writer.member("number", former.number)
                        writer.member("createdAt", former.createdAt)
                        writer.member("endedAt", ifPresent: former.endedAt)
                    }
                }
            }
        }
    }
}
