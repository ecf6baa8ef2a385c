import ArgumentParser
import LatchkeyScopes
import LatchkeyVerifier

struct APIKeyCan: AsyncCommand {
    static let configuration = CommandConfiguration(
        commandName: "can",
        abstract: "Say whether an API key can call a route of this API; the exit code is 1 when it can't.",
        discussion: """
            latchkey api-keys can ak_01ARZ3NDEKTSV4RRFFQ69G5FAV 'POST /v1/identities'
            latchkey api-keys can ak_01ARZ3NDEKTSV4RRFFQ69G5FAV 'GET /v1/identities/agent_01ARZ3NDEKTSV4RRFFQ69G5FAV'
            """
    )

    @Argument(help: "The key's id.")
    var id: String

    @Argument(help: ArgumentHelp("Method and path, in one argument.", valueName: "route"))
    var route: String

    @OptionGroup var daemon: DaemonOptions
    @OptionGroup var organisation: OrganisationOptions

    func validate() throws {
        guard RouteName(route) != nil else {
            throw ValidationError("a route is a method and a path in one argument, as in 'POST /v1/identities'")
        }
    }

    func run() async throws {
        guard let question = RouteName(route) else { return }
        let (key, routes) = try await DaemonClient.with(daemon, organisation: organisation.org) { client in
            let key = try await client.get("/v1/api-keys/\(PathText.encoded(id))").root
            guard let scopes = key["scopes"]?.texts else { throw JSONScanner.foreign }
            return (key, try await client.post("/v1/scopes/explain") { $0.member("scopes", scopes) }.root)
        }
        guard let elements = routes["routes"]?.elements else { throw JSONScanner.foreign }
        guard let found = question.find(in: elements, name: { RouteName(explained: $0) }) else {
            throw CommandFailure(
                .failed, "this daemon has no protected route \(question)",
                hint: KnownRoutes(elements.compactMap { RouteName(explained: $0).map { .init($0, needs: .scopes([])) } }).nearest(
                    to: question
                )
                .map { "did you mean \($0)?" } ?? "see what there is: latchkey scopes explain --api-key \(id)")
        }
        guard let name = RouteName(explained: found) else { throw JSONScanner.foreign }
        try answer(APIKeyReport(key).state, isSelfService: key["kind"]?.text == "self_service", name, route: found)
    }

    private func answer(_ state: String, isSelfService: Bool, _ name: RouteName, route: JSONValue) throws(CommandFailure) {
        let missing = route["missing"]?.text
        let lacksIdentity = route["needsIdentity"]?.bool == true && !isSelfService
        let isAllowed = state == "active" && missing == nil && !lacksIdentity && route["allowed"]?.bool == true
        let condition = isAllowed && isSelfService ? "as long as its identity is active and holds the same" : nil
        if daemon.json {
            var writer = JSONWriter()
            writer.object { writer in
                writer.member("allowed", isAllowed)
                writer.member("condition", ifPresent: condition)
                writer.member("route", name.description)
                writer.member("required", route["required"]?.texts ?? [])
                writer.member("missing", ifPresent: missing)
                if lacksIdentity { writer.member("needsIdentity", true) }
                writer.member("state", state)
            }
            try Output.json(writer.bytes)
        } else {
            try Output.line(Verdict(isAllowed: isAllowed).word)
            if let condition { Output.note(condition) }
        }
        guard !isAllowed else { return }
        guard state == "active" else {
            throw CommandFailure(.failed, "\(id) can call nothing any more: it is \(state)", hint: "mint another one")
        }
        throw CommandFailure(
            .failed, "\(id) can't call \(name)",
            hint: lacksIdentity
                ? "it acts for no identity: call it with an identity's token"
                : missing.map { "it lacks \($0); a key's scopes don't change: mint one that has it" })
    }
}
