package import HTTPTypes

/// One route of the API, declared once: what it answers to, who may call it, what it takes and what it does. Everything that is said or
/// enforced about a route is read from here.
package struct Route: Sendable {
    package let method: HTTPRequest.Method
    /// With parameters in braces: `/v1/api-keys/{id}`.
    package let path: String
    package let access: Access
    /// Whether the route exists on the admin socket alone; on TCP its path is then unknown.
    package let isSocketOnly: Bool
    /// One line for people.
    package let summary: String
    let handle: @Sendable (Call) async throws -> Answer

    init(
        _ method: HTTPRequest.Method, _ path: String, _ access: Access, socketOnly: Bool = false, _ summary: String,
        handle: @escaping @Sendable (Call) async throws -> Answer
    ) {
        self.method = method
        self.path = path
        self.access = access
        self.isSocketOnly = socketOnly
        self.summary = summary
        self.handle = handle
    }
}

extension Route {
    static func get(
        _ path: String, _ access: Access, socketOnly: Bool = false, _ summary: String,
        handle: @escaping @Sendable (Call) async throws -> Answer
    ) -> Route {
        Route(.get, path, access, socketOnly: socketOnly, summary, handle: handle)
    }

    /// A route that takes a body. A body whose members are all optional may be absent.
    static func post<Body: RequestBodyType>(
        _ path: String, _ access: Access, _ summary: String, body: Body.Type,
        handle: @escaping @Sendable (Call, Body) async throws -> Answer
    ) -> Route {
        Route(.post, path, access, summary) { call in
            let body = try call.decode(Body.self)
            var call = call
            call.bodyOrganisation = body.orgId
            return try await handle(call, body)
        }
    }
}
