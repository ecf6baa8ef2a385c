import ArgumentParser
import LatchkeyVerifier

struct APIKeys: AsyncCommand {
    static let configuration = CommandConfiguration(
        commandName: "api-keys",
        abstract: "Mint, look at, rotate and revoke API keys.",
        discussion: """
            latchkey api-keys mint --name ci --scope relayfile:fs:read:/docs/* --expires 90d --to-file ci.key
            latchkey api-keys list
            """,
        subcommands: [MintAPIKey.self, ListAPIKeys.self, ShowAPIKey.self, APIKeyCan.self, RotateAPIKey.self, RevokeAPIKey.self]
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

    /// Whether it still works, and was neither used nor made after `moment`.
    func isUnused(since moment: Timestamp, now: Timestamp) -> Bool {
        guard state(at: now) == "active", let last = key["lastUsedAt"]?.moment ?? key["createdAt"]?.moment else { return false }
        return last <= moment
    }

    private var scopes: String { (key["scopes"]?.texts ?? []).joined(separator: " ") }

    /// `active`, `expired` or `revoked`.
    var state: String { state(at: SystemClock().now()) }

    private func state(at now: Timestamp) -> String {
        if key["revoked"]?.bool == true { return "revoked" }
        guard let end = key["expiresAt"]?.moment else { return "active" }
        return end <= now ? "expired" : "active"
    }
}
