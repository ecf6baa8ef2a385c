import HTTPTypes
package import LatchkeyScopes

/// The OpenAPI 3.1 document of what one door serves, made from the routes' declarations: nothing is said here of a single route.
package struct OpenAPIDocument {
    let table: RouteTable
    let surface: Surface
    let version: String
    let planes: Planes
    let routes: [Route]

    package init(table: RouteTable, surface: Surface, version: String, planes: Planes) {
        self.table = table
        self.surface = surface
        self.version = version
        self.planes = planes
        routes = table.routes(on: surface)
    }

    package var json: JSONNode {
        .members([
            ("openapi", "3.1.0"), ("info", info), ("servers", [["url": "/"]]), ("tags", tags), ("paths", paths),
            ("components", .members([("schemas", schemas), ("responses", errorResponses), ("securitySchemes", Self.securitySchemes)])),
        ])
    }

    private var info: JSONNode {
        [
            "title": "Latchkey", "version": .string(version), "summary": "An authority for machine credentials",
            "description": .string(
                """
                Verdicts come in this order: unknown path 404, too many requests of one address 429, credentials 401, method 405, \
                size 413, scope 403, form 400, `orgId` 403, unknown id 404, state of the object 403, conflict 409, limits of mints 429, \
                store 503. What is minted counts on its root, the first key or identity of the chain that led to it, and on the client's \
                address (IPv6 by its /64), whichever route mints. Every error has the same JSON form; its \
                `code` is for programs, its `message` for people. Ids of other organisations are unknown ids. Every protected route \
                takes `orgId` in its query; it can only be the caller's own organisation and changes nothing, any other is 403 \
                `org_mismatch`.
                """),
        ]
    }

    private var tags: JSONNode {
        .array(RouteTag.allCases.filter { tag in routes.contains { $0.tag == tag } }.map { ["name": .string($0.rawValue)] })
    }

    private var paths: JSONNode {
        var order: [String] = []
        var byPath: [String: [Route]] = [:]
        for route in routes {
            if byPath[route.path] == nil { order.append(route.path) }
            byPath[route.path, default: []].append(route)
        }
        return .members(
            order.map { path in
                (path, .members(byPath[path, default: []].map { ($0.method.rawValue.lowercased(), operation($0.facts)) }))
            })
    }

    /// Every schema with a name, sorted by it.
    private var schemas: JSONNode {
        var found: [String: Schema] = [:]
        for route in routes {
            route.body?.schema.collectNamed(into: &found)
            for parameter in route.parameters { parameter.schema.collectNamed(into: &found) }
            for answer in route.answers { for content in answer.contents { content.schema.collectNamed(into: &found) } }
        }
        ErrorSchema.whole.collectNamed(into: &found)
        if found[Schema.wantedScopeName] != nil { found[Schema.wantedScopeName] = .wantedScope(planes: planes.names) }
        return .members(found.sorted { $0.key < $1.key }.map { ($0.key, $0.value.json) })
    }

    private var errorResponses: JSONNode {
        var found: [String: JSONNode] = [:]
        for route in routes {
            for refusal in refusals(route.facts) { found[refusal.name] = ErrorSchema.response(refusal.codes) }
        }
        return .members(found.sorted { $0.key < $1.key }.map { ($0.key, $0.value) })
    }

    static let securitySchemes: JSONNode = [
        "apiKey": ["type": "apiKey", "in": "header", "name": "x-api-key", "description": "An API key, `lk_…`"],
        "bearer": [
            "type": "http", "scheme": "bearer",
            "description": "An access token with `relayauth` in its audience, or an API key, after `Authorization: Bearer`",
        ],
        "authorization": [
            "type": "apiKey", "in": "header", "name": "Authorization", "description": "An API key after `Authorization: ApiKey`",
        ],
    ]
}
