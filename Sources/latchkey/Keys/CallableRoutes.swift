import LatchkeyVerifier
import LatchkeyScopes
import LatchkeyServer

/// The routes of the API that a service with some scopes can call, as far as scopes are needed for them.
///
/// Read from this executable's own declarations: to ask the daemon would need a scope that not everybody holds who mints, and being refused that is
/// written into the audit log.
struct CallableRoutes {
    private static let told = 3

    let names: [RouteName]
    /// How many routes there are that need scopes.
    let count: Int

    /// - Parameter texts: what is no scope can call nothing.
    init(with texts: [String]) {
        let scopes = ScopeSet(texts.compactMap { try? Scope(onAnyPlane: $0) })
        let needing = RouteTable.api.explain(scopes, on: .network).filter { !$0.required.isEmpty }
        names = needing.filter(\.isAllowed).map { RouteName($0.facts) }
        count = needing.count
    }

    /// One line: all, none, or the first few.
    var summary: String {
        if names.isEmpty { return "no route of this API" }
        if names.count == count { return "all \(count) routes of this API that need a scope" }
        let more = names.count - Self.told
        return names.prefix(Self.told).map(\.description).joined(separator: ", ") + (more > 0 ? ", and \(more) more" : "")
    }
}
