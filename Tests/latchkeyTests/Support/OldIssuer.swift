import LatchkeyCrypto
import LatchkeyVerifier

/// Who issued HS256 tokens before this install did.
struct OldIssuer: Sendable {
    static let secret = "the shared secret of production"
    static let importCommand = [
        "cutover", "import-secret", "--kid", "production", "--issuer", "https://old.example", "--max-ttl", "1h", "--issued-until", "1h",
    ]

    let organisation: String

    /// A token for this API, good for half an hour.
    func token(algorithm: String = "HS256") throws -> String {
        let key = try LegacyKey(kid: "production", secret: Secret(copying: Array(Self.secret.utf8)), issuer: "https://old.example")
        let header = #"{"alg":"\#(algorithm)","typ":"JWT","kid":"production"}"#
        let payload = """
            {"sub":"agent_old","org":"\(organisation)","scopes":["relayfile:fs:read:/docs/*"],"token_type":"access","iss":"https://old.example",\
            "aud":["relayauth"],"exp":\(SystemClock().now().seconds + 1800)}
            """
        return key.sign(CompactJWS.signingInput(header: Array(header.utf8), payload: Array(payload.utf8)))
    }
}
