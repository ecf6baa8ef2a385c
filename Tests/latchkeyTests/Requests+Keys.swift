/// As `cases`, for signing keys, the seal, the clock and the cutover.
extension Requests {
    private static let dashed = "-xiXv5pAIj4BzaEvR9Bhx7cbUe6GT-XvUhUa2bXolZI"

    static let keyCases: [Case] = [
        Case(arguments: ["signing-keys", "list"], request: "GET /v1/admin/keys"),
        Case(arguments: ["signing-keys", "show", "k"], request: "GET /v1/admin/keys"),
        Case(arguments: ["signing-keys", "show", dashed], request: "GET /v1/admin/keys"),
        Case(arguments: ["signing-keys", "explain"], request: "GET /v1/admin/keys"),
        Case(arguments: ["signing-keys", "export-public", "k", "--jwk"], request: "GET /v1/admin/keys"),
        Case(arguments: ["signing-keys", "rotate", "--yes"], request: "POST /v1/admin/keys/rotate", body: "{}"),
        Case(arguments: ["signing-keys", "rotate", "--now", "--yes"], request: "POST /v1/admin/keys/rotate", body: #"{"now":true}"#),
        Case(
            arguments: ["signing-keys", "revoke", "a/1", "--reason", "x", "--yes"], request: "POST /v1/admin/keys/a%2F1/revoke",
            body: #"{"reason":"x"}"#),
        Case(
            arguments: ["signing-keys", "revoke", dashed, "--reason", "x", "--yes"], request: "POST /v1/admin/keys/\(dashed)/revoke",
            body: #"{"reason":"x"}"#),
        Case(
            arguments: ["signing-keys", "revoke", "--all", "--reason", "x", "--yes"], request: "POST /v1/admin/keys/revoke-all",
            body: #"{"reason":"x"}"#),
        Case(
            arguments: ["signing-keys", "import", "-"], request: "POST /v1/admin/keys/import", body: #"{"pem":"a\nb\n"}"#, input: "a\r\nb\n"
        ),
        Case(arguments: ["seal", "status"], request: "GET /v1/admin/status"),
        Case(arguments: ["seal", "rewrap", "--yes"], request: "POST /v1/admin/seal/rewrap", body: "{}"),
        Case(
            arguments: ["seal", "rewrap", "--key-file", "/k", "--yes"], request: "POST /v1/admin/seal/rewrap", body: #"{"keyFile":"/k"}"#),
        Case(arguments: ["clock", "accept", "--yes"], request: "POST /v1/admin/clock/accept", body: "{}"),
        Case(arguments: ["cutover", "status"], request: "GET /v1/admin/cutover"),
        Case(
            arguments: ["cutover", "advance", "--yes", "--to", "sunset", "--override", "x"], request: "POST /v1/admin/cutover/advance",
            body: #"{"to":"sunset","dryRun":true,"override":"x"}"#),
        Case(arguments: ["cutover", "rollback", "--dry-run"], request: "POST /v1/admin/cutover/rollback", body: #"{"dryRun":true}"#),
        Case(arguments: ["cutover", "purge", "--yes"], request: "POST /v1/admin/cutover/purge", body: #"{"dryRun":true}"#),
        Case(
            arguments: [
                "cutover", "import-secret", "--kid", "k", "--issuer", "i", "--max-ttl", "90", "--issued-until", "2026-01-01T00:00:00Z",
            ],
            request: "POST /v1/admin/cutover/legacy-secret",
            body: #"{"kid":"k","issuer":"i","maxTTL":90,"issuedUntil":"2026-01-01T00:00:00.000Z","secret":"cw"}"#, input: "s\n"),
        Case(arguments: ["cutover", "verifiers", "list"], request: "GET /v1/admin/cutover"),
        Case(
            arguments: ["cutover", "verifiers", "add", "g", "--accepts", "hs256,rs256"], request: "POST /v1/admin/cutover/verifiers",
            body: #"{"name":"g","accepts":["RS256","HS256"]}"#),
        Case(
            arguments: ["cutover", "verifiers", "remove", "g"], request: "POST /v1/admin/cutover/verifiers",
            body: #"{"name":"g","remove":true}"#),
    ]

    static let unclearKeyCases: [[String]] = [
        ["signing-keys", "show"], ["signing-keys", "rotate"], ["signing-keys", "revoke", "k", "--yes"],
        ["signing-keys", "revoke", "--reason", "x", "--yes"], ["signing-keys", "revoke", "k", "--all", "--reason", "x", "--yes"],
        ["signing-keys", "revoke", "k", "--reason", "x"], ["signing-keys", "import"],
        ["signing-keys", "export-public", "k", "--pem", "--jwk"],
        ["seal", "rewrap"], ["seal", "rewrap", "--key-file", "k", "--yes"], ["clock", "accept"], ["cutover", "advance"],
        ["cutover", "advance", "--to", "purged", "--yes"], ["cutover", "advance", "--override", " ", "--yes"],
        ["cutover", "verifiers", "add", "g"], ["cutover", "verifiers", "add", "g", "--accepts", "rs512"],
        ["cutover", "import-secret", "--kid", "k", "--issuer", "i", "--max-ttl", "soon", "--issued-until", "1h"],
    ]
}
