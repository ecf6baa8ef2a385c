extension RouteTable {
    /// Every route of this API.
    package static let api = RouteTable(PublicRoutes.all + APIKeyRoutes.all + IdentityRoutes.all + TokenRoutes.all + AdminRoutes.all)
}
