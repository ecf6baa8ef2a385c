import ArgumentParser
import LatchkeyVerifier

struct APIKeys: AsyncCommand {
    static let configuration = CommandConfiguration(
        commandName: "api-keys",
        abstract: "Mint, look at and revoke API keys.",
        discussion: """
            latchkey api-keys mint --name ci --scope relayfile:fs:read:/docs/* --expires 90d --to-file ci.key
            latchkey api-keys list
            """,
        subcommands: [MintAPIKey.self, ListAPIKeys.self, ShowAPIKey.self, RevokeAPIKey.self]
    )
}

/// An API key as the daemon describes it, for people.
struct APIKeyReport {
    static let titles = ["ID", "PREFIX", "NAME", "STATE", "CREATED", "EXPIRES", "LAST USED", "SCOPES"]

    private let key: JSONValue

    init(_ key: JSONValue) { self.key = key }

    var row: [String] {
        ["id", "prefix", "name"].map { key[$0]?.text ?? "" } + [state]
            + ["createdAt", "expiresAt", "lastUsedAt"].map { key[$0]?.text ?? "" } + [scopes]
    }

    var facts: [(name: String, value: String?)] {
        [
            ("id", key["id"]?.text), ("prefix", key["prefix"]?.text), ("name", key["name"]?.text), ("scopes", scopes), ("state", state),
            ("kind", key["kind"]?.text), ("organisation", key["orgId"]?.text), ("created", key["createdAt"]?.text),
            ("created by", key["createdBy"]?.text), ("root", key["rootId"]?.text), ("expires", key["expiresAt"]?.text),
            ("last used", key["lastUsedAt"]?.text), ("revoked", key["revokedAt"]?.text),
        ]
    }

    private var scopes: String { (key["scopes"]?.texts ?? []).joined(separator: " ") }

    private var state: String {
        if key["revoked"]?.bool == true { return "revoked" }
        guard let end = key["expiresAt"]?.text.flatMap({ Timestamp(rfc3339: $0) }) else { return "active" }
        return end <= SystemClock().now() ? "expired" : "active"
    }
}
