import LatchkeyScopes
import LatchkeyServer
import LatchkeyVerifier

extension DaemonClient {
    /// What a profile promises, by the routes that the daemon declares.
    ///
    /// - Throws: `.failed` for a route that it doesn't have, and for a scope that is none to it.
    func promises(of profile: Profile) async throws(CommandFailure) -> Promises {
        let known = try await routes(accepting: profile)
        do {
            return try Promises(profile, of: known)
        } catch {
            throw CommandFailure(
                .failed, "the profile \(profile.name) can't be kept: \(error.message)",
                hint: error == ProfileError(.unknownRoute, "") ? "see what there is: latchkey scopes explain --scope '*'" : nil)
        }
    }

    /// The daemon checks the scopes along with it: only it knows the planes.
    private func routes(accepting profile: Profile) async throws(CommandFailure) -> KnownRoutes {
        let answer: JSONDocument
        do {
            answer = try await post("/v1/scopes/explain") { $0.member("scopes", profile.ownScopes.texts) }
        } catch {
            guard error.refusal == "invalid_scope" else { throw error }
            throw CommandFailure(
                .failed, "the profile \(profile.name) can't be kept: \(error.message)", hint: error.hint, refusal: error.refusal)
        }
        guard let routes = answer.root["routes"]?.elements else { throw JSONScanner.foreign }
        var entries: [KnownRoutes.Entry] = []
        for route in routes {
            guard let name = RouteName(explained: route), let texts = route["required"]?.texts else { throw JSONScanner.foreign }
            let scopes = texts.compactMap { try? Scope(onAnyPlane: $0) }
            guard scopes.count == texts.count else { throw JSONScanner.foreign }
            entries.append(.init(name, needs: route["needsIdentity"]?.bool == true ? .identity : .scopes(scopes)))
        }
        // Those that anybody may call are not explained: they take nothing.
        let open = RouteTable.api.routes.filter(\.access.isOpen).map { RouteName($0.facts) }
        return KnownRoutes(entries + open.map { .init($0, needs: .scopes([])) })
    }
}

extension RouteName {
    /// Of an element of what `POST /v1/scopes/explain` answers.
    init?(explained route: JSONValue) {
        guard let method = route["method"]?.text, let path = route["path"]?.text else { return nil }
        self.init(method: method, path: path)
    }

    /// Of a route as this executable declares it.
    init(_ facts: RouteFacts) { self.init(method: "\(facts.method)", path: facts.path) }
}
