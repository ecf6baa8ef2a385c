package import HTTPTypes

/// One route of the API, declared once: what it answers to, who may call it, what it takes, what it answers and what it does. Everything
/// that is said or enforced about a route is read from here.
@dynamicMemberLookup
package struct Route: Sendable {
    package private(set) var facts: RouteFacts
    let handle: @Sendable (Call) async throws -> Answer

    init(_ facts: RouteFacts, handle: @escaping @Sendable (Call) async throws -> Answer) {
        self.facts = facts
        self.handle = handle
    }

    package subscript<Value>(dynamicMember path: KeyPath<RouteFacts, Value>) -> Value { facts[keyPath: path] }

    /// The same route under a heading.
    func tagged(_ tag: RouteTag) -> Route {
        var route = self
        route.facts.tag = tag
        return route
    }
}

/// What is true of a route, without what it does.
package struct RouteFacts: Sendable {
    package let method: HTTPRequest.Method
    /// With parameters in braces: `/v1/api-keys/{id}`.
    package let path: String
    /// What client generators call it: `mintApiKey`. Never changed once it was published.
    package let name: String
    package let access: Access
    /// One line for people.
    package let summary: String
    /// What else there is to know.
    package internal(set) var note: String?
    package internal(set) var tag = RouteTag.install
    /// Whether the route exists on the admin socket alone; on TCP its path is then unknown.
    package internal(set) var isSocketOnly = false
    /// Whether a GET makes something that is told of and kept count of: a HEAD would make it for nobody.
    package internal(set) var isMaking = false
    package internal(set) var parameters: [RouteParameter] = []
    package internal(set) var body: RouteBody?
    /// The first is success, the others are what can be answered as well without being an error.
    package internal(set) var answers: [RouteAnswer] = []
    /// The error codes of the handler itself; those that follow from the declaration are added by `errorCodes(on:)`.
    package internal(set) var refusals: [ErrorCode] = []

    init(_ method: HTTPRequest.Method, _ path: String, _ name: String, _ access: Access, _ summary: String) {
        self.method = method
        self.path = path
        self.name = name
        self.access = access
        self.summary = summary
    }

    /// The parameters of the path, in its order.
    package var pathNames: [String] {
        path.split(separator: "/").filter { $0.first == "{" }.map { String($0.dropFirst().dropLast()) }
    }

    func names(_ place: RouteParameter.Place) -> [String] { parameters.filter { $0.place == place }.map(\.name) }
}

/// A value that a request carries outside its body.
package struct RouteParameter: Sendable {
    package enum Place: String, Sendable {
        case path, query, header
    }

    package let name: String
    package let place: Place
    package let schema: Schema
    package let isRequired: Bool
    package let note: String
}

/// The body that a route takes.
package struct RouteBody: Sendable {
    package let type: any RequestBodyType.Type
    package var schema: Schema { type.schema }
    /// Whether none stands for one whose members are all absent.
    package let mayBeAbsent: Bool
}

/// An answer that is no error.
package struct RouteAnswer: Sendable {
    package struct Header: Sendable {
        package let name: HTTPField.Name
        package let schema: Schema
        /// Whether it is on each of these answers.
        package let isRequired: Bool
    }

    package let status: HTTPResponse.Status
    /// Of the body in each content type that it can have; none when it has no body.
    package let contents: [(type: String, schema: Schema)]
    package let headers: [Header]
}

/// The headings under which people find routes.
package enum RouteTag: String, Sendable, CaseIterable {
    case install = "Install"
    case apiKeys = "API keys"
    case identities = "Identities"
    case tokens = "Tokens"
    case scopes = "Scopes and authorization"
    case audit = "Audit and events"
    case administration = "Administration"
}
