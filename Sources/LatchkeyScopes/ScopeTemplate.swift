/// A named list of scopes that fits a usual job, to begin with and to narrow.
package struct ScopeTemplate: Sendable {
    package let name: String
    /// One sentence for a person.
    package let description: String
    package let scopes: ScopeSet

    private init(_ name: String, _ description: String, _ scopes: String...) {
        self.name = name
        self.description = description
        guard let set = ScopeSet.trusted(stored: scopes) else { preconditionFailure("a scope of the template \(name) is not normalised") }
        self.scopes = set
    }

    package static let all: [ScopeTemplate] = [
        ScopeTemplate("administrator", "Everything in the organisation, minting keys that can do everything included.", "*:*:*:*"),
        ScopeTemplate(
            "auditor", "Reads the audit log and watches events; changes nothing.", "relayauth:audit:read:*", "relayauth:identity:read:*",
            "relayauth:api-key:read:*"),
        ScopeTemplate(
            "key-manager", "Mints, lists and revokes API keys, within what it holds itself, and asks what scopes are good for.",
            "relayauth:api-key:manage:*", "relayauth:scope:read:*"),
        ScopeTemplate(
            "identity-manager", "Creates identities, suspends and retires them, and revokes their tokens.", "relayauth:identity:manage:*",
            "relayauth:token:manage:*"),
        ScopeTemplate(
            "token-issuer",
            "Trades its API key for tokens of the identities that it can see. Give it also the scopes that the tokens are to hold.",
            "relayauth:identity:read:*", "relayauth:token:create:*"),
        ScopeTemplate(
            "token-verifier", "Asks whether tokens are good and what identities may do.", "relayauth:token:read:*",
            "relayauth:scope:read:*"),
        ScopeTemplate("files-reader", "Reads all files.", "relayfile:fs:read:*"),
        ScopeTemplate("files-writer", "Reads, writes, creates and deletes all files.", "relayfile:fs:manage:*"),
    ]
}
