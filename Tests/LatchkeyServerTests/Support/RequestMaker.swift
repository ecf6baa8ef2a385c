@testable import LatchkeyAuthority
@testable import LatchkeyServer
import HTTPTypes
import Testing

/// Good requests to a route, made of nothing but its declaration: schema examples, with fresh ids and secrets where they name something.
struct RequestMaker {
    /// Whose things a request names.
    enum Owner {
        case organisation(String)
        /// Ids and secrets of the right form that nothing has.
        case nobody
    }

    struct Made {
        let target: String
        let headers: [(String, String)]
        let body: String?
    }

    let daemon: TestDaemon

    func request(_ route: Route, naming owner: Owner) async throws -> Made {
        var path = route.path
        var query: [String] = []
        var headers: [(String, String)] = []
        let isList = route.parameters.contains { $0.name == "cursor" }
        for parameter in route.parameters {
            // A list is asked without filters, what else may be told is told where an example stands for it.
            let isTold = parameter.place == .query && parameter.schema.sample != nil && !isList
            guard parameter.isRequired || parameter.schema.subject != nil || isTold else { continue }
            let text = try await self.text(parameter.schema.example, owner)
            switch parameter.place {
            case .path:
                path = path.replacing("{\(parameter.name)}", with: text)
                try await prepare(text, for: route, owner)
            case .query: query.append("\(parameter.name)=\(text)")
            case .header: headers.append((parameter.name, text))
            }
        }
        try await prepare(route)
        var body: String?
        if let example = route.body?.schema.example {
            body = String(decoding: try await filled(example, owner).bytes, as: UTF8.self)
            // An example of a private key is none.
            if route.name == "importSigningKey" {
                body = #"{"pem":"\#(try Fixture.text("crypto/rsa2048-pkcs8.pem").replacing("\n", with: "\\n"))"}"#
            }
        }
        return Made(target: query.isEmpty ? path : path + "?" + query.joined(separator: "&"), headers: headers, body: body)
    }

    /// Brings what was made into the state that the route begins in, where that is not the one of a new thing.
    private func prepare(_ id: String, for route: Route, _ owner: Owner) async throws {
        guard case .organisation(let organisation) = owner, route.name == "reactivateIdentity" else { return }
        let body = #"{"reason":"to be reactivated"}"#
        let reply = try await daemon.admin("POST", "/v1/identities/\(id)/suspend", [("x-latchkey-org", organisation)], body: body)
        try #require(reply.status == 200, "\(reply.text)")
    }

    /// Brings the install into the state that the route begins in: a cutover is brought once, and goes where the step is possible.
    private func prepare(_ route: Route) async throws {
        guard ["changeVerifier", "advanceCutover", "rollBackCutover", "purgeCutover"].contains(route.name) else { return }
        func phase() async throws -> String? { try await daemon.admin("GET", "/v1/admin/cutover").json["phase"]?.text }
        if try await phase() == "none" { try await daemon.done("/v1/admin/cutover/legacy-secret", LegacyIssuer(daemon).body()) }
        while route.name == "purgeCutover", try await phase() != "sunset" {
            try await daemon.done("/v1/admin/cutover/advance", #"{"override":"a test"}"#)
        }
    }

    /// A good request, sent by the holder of an API key through the door where the route is.
    func send(
        _ route: Route, naming owner: Owner, key: String?, _ headers: [(String, String)] = [], method: String? = nil
    ) async throws -> Reply {
        let made = try await request(route, naming: owner)
        return try await daemon.send(
            method ?? route.method.rawValue, made.target, (key.map { [("x-api-key", $0)] } ?? []) + headers + made.headers, body: made.body,
            to: route.isSocketOnly ? daemon.socket : daemon.tcp, headOnly: Self.isEndless(route))
    }

    /// Whether the answer goes on until one of both sides leaves.
    static func isEndless(_ route: Route) -> Bool {
        route.answers.contains { $0.contents.contains { $0.type == "text/event-stream" } }
    }

    /// Whether a request to the route names something that an organisation has.
    static func namesAnything(_ route: Route) -> Bool {
        route.parameters.contains { $0.schema.resolved.subject != nil } || (route.body.map { holdsSubject($0.schema.example) } ?? false)
    }

    private static func holdsSubject(_ node: JSONNode) -> Bool {
        switch node {
        case .subject(let subject): subject != .organisation
        case .array(let elements): elements.contains(where: holdsSubject)
        case .object(let members): members.contains { holdsSubject($0.value) }
        default: false
        }
    }

    private func text(_ node: JSONNode, _ owner: Owner) async throws -> String {
        switch node {
        case .string(let text): text
        case .integer(let number): String(number)
        case .bool(let flag): String(flag)
        case .subject(let subject): try await fresh(subject, owner)
        default: try #require(nil as String?, "\(node) is no parameter")
        }
    }

    private func filled(_ node: JSONNode, _ owner: Owner) async throws -> JSONNode {
        switch node {
        case .subject(let subject): return .string(try await fresh(subject, owner))
        case .array(let elements):
            var filled: [JSONNode] = []
            for element in elements { filled.append(try await self.filled(element, owner)) }
            return .array(filled)
        case .object(let members):
            var filled: [(String, JSONNode?)] = []
            for member in members { filled.append((member.name, try await self.filled(member.value, owner))) }
            return .members(filled)
        default: return node
        }
    }

    /// Something that was just made in an organisation, by its operator.
    func fresh(_ subject: Subject, _ owner: Owner) async throws -> String {
        guard case .organisation(let organisation) = owner else { return subject.example }
        let headers = [("x-latchkey-org", organisation)]
        func made(_ target: String, _ body: String) async throws -> JSON {
            let reply = try await daemon.admin("POST", target, headers, body: body)
            try #require([200, 201].contains(reply.status), "\(reply.text)")
            return reply.json
        }
        func identity() async throws -> String {
            let name = try daemon.authority.ids.make(.identity)
            return try #require(try await made("/v1/identities", #"{"name":"\#(name)","sponsorId":"ada"}"#)["id"]?.text)
        }
        func pair() async throws -> TestDaemon.Pair {
            let answer = try await made("/v1/tokens", #"{"identityId":"\#(try await identity())"}"#)
            return TestDaemon.Pair(
                access: try #require(answer["accessToken"]?.text), refresh: try #require(answer["refreshToken"]?.text))
        }
        // Whoever may manage keys holds all that it holds, and may rotate it.
        func key() async throws -> JSON { try await made("/v1/api-keys", #"{"name":"fresh","scopes":["relayauth:api-key:read:*"]}"#) }
        switch subject {
        case .organisation: return organisation
        case .apiKey: return try #require(try await key()["apiKey"]?["id"]?.text)
        case .organisationToken: return try #require(try await made("/org/tokens", "{}")["id"]?.text)
        case .apiKeySecret: return try #require(try await key()["key"]?.text)
        case .identity: return try await identity()
        case .token: return try await pair().tokenId
        case .session: return try await pair().sessionId
        case .accessToken: return try await pair().access
        case .refreshToken: return try await pair().refresh
        case .signingKey: return try await daemon.keyId("standby")
        case .auditEntry:
            _ = try await identity()
            return try #require(try daemon.audit(.identityCreated, of: organisation).last { $0.orgId == organisation }?.id)
        }
    }
}
