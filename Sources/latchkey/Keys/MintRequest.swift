import LatchkeyVerifier

/// What an API key is minted with.
struct MintRequest {
    let name: String
    let scopes: [String]
    let expiresAt: Timestamp?

    /// The members of `POST /v1/api-keys` (contract §4).
    func write(to writer: inout JSONWriter) {
        writer.member("name", name)
        writer.member("scopes", scopes)
        writer.member("expiresAt", ifPresent: expiresAt)
    }
}
