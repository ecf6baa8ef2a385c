import LatchkeyVerifier
import LatchkeyScopes
import LatchkeyVerifier

/// The routes of the API that some scopes can call, as far as scopes are needed for them.
struct CallableRoutes {
    private static let told = 3

    let names: [RouteName]
    /// How many routes there are that need scopes.
    let count: Int

    /// One line: all, none, or the first few.
    var summary: String {
        if names.isEmpty { return "no route of this API" }
        if names.count == count { return "all \(count) routes of this API that need a scope" }
        let more = names.count - Self.told
        return names.prefix(Self.told).map(\.description).joined(separator: ", ") + (more > 0 ? ", and \(more) more" : "")
    }
}

extension DaemonClient {
    /// `nil` when the caller may not ask that.
    func callableRoutes(with scopes: [String]) async throws(CommandFailure) -> CallableRoutes? {
        do throws(CommandFailure) {
            let answer = try await post("/v1/scopes/explain") { $0.member("scopes", scopes) }
            guard let routes = answer.root["routes"]?.elements else { throw JSONScanner.foreign }
            let needing = routes.filter { $0["required"]?.elements?.isEmpty == false }
            return CallableRoutes(
                names: needing.filter { $0["allowed"]?.bool == true }.compactMap { RouteName(explained: $0) }, count: needing.count)
        } catch {
            guard error.refusal == "insufficient_scope" else { throw error }
            return nil
        }
    }
}
