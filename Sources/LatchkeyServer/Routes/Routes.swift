extension RouteTable {
    /// Every route of this API.
    package static let api: RouteTable = RouteTable(
        tagged(.install, PublicRoutes.all + DiscoveryRoutes.all)
            + tagged(.apiKeys, APIKeyRoutes.all + SelfServiceRoutes.all + OrganisationTokenRoutes.all)
            + tagged(.identities, IdentityRoutes.all + IdentityLifeRoutes.all) + tagged(.tokens, TokenRoutes.all + TokenListRoutes.all)
            + tagged(.scopes, ScopeRoutes.all + AuthorizationRoutes.all)
            + tagged(.audit, AuditRoutes.all + AuditLogRoutes.all + EventRoutes.all)
            + tagged(
                .administration,
                AdminRoutes.all + MetricsRoutes.all + OrganisationRoutes.all + KeyRoutes.all + SealRoutes.all + CutoverRoutes.all
                    + BackupRoutes.all + TrustRoutes.all))

    private static func tagged(_ tag: RouteTag, _ routes: [Route]) -> [Route] { routes.map { $0.tagged(tag) } }
}
