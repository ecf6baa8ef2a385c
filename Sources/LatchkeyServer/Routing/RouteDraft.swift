import HTTPTypes

/// A route that is being declared. Each step says one more thing of it, and `handle` makes the route.
struct RouteDraft<Input: Sendable>: Sendable {
    fileprivate var facts: RouteFacts
    /// Makes what the handler takes beside the call, and tells the call what it says of its caller's organisation.
    fileprivate let read: @Sendable (inout Call) throws -> Input
}

extension Route {
    static func get(_ path: String, _ name: String, _ access: Access, _ summary: String) -> RouteDraft<Void> {
        RouteDraft(facts: RouteFacts(.get, path, name, access, summary), read: { _ in })
    }

    static func post(_ path: String, _ name: String, _ access: Access, _ summary: String) -> RouteDraft<Void> {
        RouteDraft(facts: RouteFacts(.post, path, name, access, summary), read: { _ in })
    }

    static func patch(_ path: String, _ name: String, _ access: Access, _ summary: String) -> RouteDraft<Void> {
        RouteDraft(facts: RouteFacts(.patch, path, name, access, summary), read: { _ in })
    }

    static func delete(_ path: String, _ name: String, _ access: Access, _ summary: String) -> RouteDraft<Void> {
        RouteDraft(facts: RouteFacts(.delete, path, name, access, summary), read: { _ in })
    }
}

extension RouteDraft {
    /// The route exists on the admin socket alone.
    var socketOnly: Self { with { $0.isSocketOnly = true } }

    /// Each answer is made for whoever asks, and remembered: there is no HEAD of it.
    var making: Self { with { $0.isMaking = true } }

    func note(_ text: String) -> Self { with { $0.note = text } }

    /// A parameter of the path that is an id. What has no such id is answered with the subject's own "not found".
    func id(_ subject: Subject, as name: String = "id") -> Self {
        with { $0.parameters.append(RouteParameter(name: name, place: .path, schema: .id(subject), isRequired: true, note: "")) }
    }

    func query(_ name: String, _ schema: Schema, required: Bool = false, _ note: String) -> Self {
        with { $0.parameters.append(RouteParameter(name: name, place: .query, schema: schema, isRequired: required, note: note)) }
    }

    func header(_ name: HTTPField.Name, _ schema: Schema, required: Bool = false, _ note: String) -> Self {
        with {
            $0.parameters.append(
                RouteParameter(name: name.rawName, place: .header, schema: schema, isRequired: required, note: note))
        }
    }

    /// The two parameters of every list (contract §1).
    var paged: Self {
        query("limit", .integer(), "Rows of a page, 50 unless it is told; what is out of 1 to 100 is clamped")
            .query("cursor", .cursor, "Where the page before ended, as its answer says")
    }

    /// The answer that is success, and after it others that are no error.
    func answers(_ status: HTTPResponse.Status, _ schema: Schema? = nil, headers: RouteAnswer.Header...) -> Self {
        with {
            let contents = schema.map { [(type: "application/json", schema: $0)] } ?? []
            $0.answers.append(RouteAnswer(status: status, contents: contents, headers: headers))
        }
    }

    /// An answer whose body is not JSON, or can be one of several kinds.
    func answers(_ status: HTTPResponse.Status, contents: [(type: String, schema: Schema)], headers: RouteAnswer.Header...) -> Self {
        with { $0.answers.append(RouteAnswer(status: status, contents: contents, headers: headers)) }
    }

    /// What the handler itself can refuse with.
    func refuses(_ codes: ErrorCode...) -> Self { with { $0.refusals += codes } }

    func handle(_ handler: @escaping @Sendable (Call, Input) async throws -> Answer) -> Route {
        let read = read
        return Route(facts) { call in
            var call = call
            let input = try read(&call)
            return try await handler(call, input)
        }
    }

    private func with(_ change: (inout RouteFacts) -> Void) -> Self {
        var draft = self
        change(&draft.facts)
        return draft
    }
}

extension RouteDraft where Input == Void {
    /// The route takes a JSON body. One whose members are all optional may be absent.
    func body<Body: RequestBodyType>(_ type: Body.Type) -> RouteDraft<Body> {
        var facts = facts
        facts.body = RouteBody(type: Body.self, mayBeAbsent: Body.whenAbsent != nil)
        return RouteDraft<Body>(facts: facts) { call in
            let body = try call.decode(Body.self)
            call.bodyOrganisation = body.orgId
            return body
        }
    }

    func handle(_ handler: @escaping @Sendable (Call) async throws -> Answer) -> Route {
        Route(facts) { call in try await handler(call) }
    }
}

extension RouteAnswer.Header {
    /// A header that is on each of these answers.
    static func always(_ name: HTTPField.Name, _ schema: Schema = .string()) -> Self { Self(name: name, schema: schema, isRequired: true) }
}
