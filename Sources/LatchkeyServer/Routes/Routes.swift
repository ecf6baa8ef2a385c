extension RouteTable {
    /// Every route of this API.
    package static let api = RouteTable(
        tagged(.install, PublicRoutes.all + DiscoveryRoutes.all) + tagged(.apiKeys, APIKeyRoutes.all)
            + tagged(.identities, IdentityRoutes.all) + tagged(.tokens, TokenRoutes.all) + tagged(.administration, AdminRoutes.all))

    private static func tagged(_ tag: RouteTag, _ routes: [Route]) -> [Route] { routes.map { $0.tagged(tag) } }
}
