/// What the creation of an identity asks for.
package struct IdentityRequest: Sendable {
    package var name: String
    package var sponsorId: String
    package var type: String?
    package var scopes: [String]?
    package var roles: [String]?
    package var metadata: [String: String]?
    package var workspaceId: String?

    package init(name: String, sponsorId: String) {
        self.name = name
        self.sponsorId = sponsorId
    }
}

/// Which identities a list shows.
package struct IdentityFilter: Sendable {
    package var status: String?
    package var type: String?
    package var workspaceId: String?

    package init() {}
}
