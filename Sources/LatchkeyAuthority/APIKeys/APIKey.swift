package import LatchkeyVerifier

/// An API key as people see it: its record, and when it was last used.
package struct APIKey: Sendable {
    package let record: APIKeyRecord
    package let lastUsedAt: Timestamp?
}

/// What a mint asks for. Owner, id, kind and secret are never asked for: they come from the caller and from here.
package struct APIKeyRequest: Sendable {
    package var name: String
    package var scopes: [String]
    package var expiresAt: Timestamp?

    package init(name: String, scopes: [String], expiresAt: Timestamp? = nil) {
        self.name = name
        self.scopes = scopes
        self.expiresAt = expiresAt
    }
}
