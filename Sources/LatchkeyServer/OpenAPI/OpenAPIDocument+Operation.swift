import HTTPTypes
import LatchkeyScopes

extension OpenAPIDocument {
    func operation(_ facts: RouteFacts) -> JSONNode {
        .members([
            ("operationId", .string(facts.name)), ("summary", .string(facts.summary)), ("description", description(facts)),
            ("tags", [.string(facts.tag.rawValue)]), ("parameters", parameters(facts)), ("requestBody", facts.body.map(requestBody)),
            ("responses", responses(facts)), ("security", security(facts)),
            ("x-required-scopes", facts.access.isOpen ? nil : .strings(facts.access.scopes.map(\.text))),
        ])
    }

    private func description(_ facts: RouteFacts) -> JSONNode? {
        let scopes = facts.access.scopes.map { "`\($0.text)`" }.joined(separator: " and ")
        let needs: String? =
            switch facts.access {
            case .open: nil
            case .anyAudience: "Any credential will do; a token may be meant for the plane that is asked about."
            case .operation: "For the operator itself, without a credential."
            case .identity: "For callers with an identity behind them, whatever they hold."
            case .scopes: "Needs \(scopes)."
            }
        let parts = [facts.note, needs].compactMap(\.self)
        return parts.isEmpty ? nil : .string(parts.joined(separator: "\n\n"))
    }

    /// On the socket a peer without a credential is the administrator.
    private func security(_ facts: RouteFacts) -> JSONNode {
        guard !facts.access.isOpen else { return [] }
        let credentials: [JSONNode] = [["apiKey": []], ["bearer": []], ["authorization": []]]
        return .array(surface == .adminSocket ? [[:]] + credentials : credentials)
    }

    private func parameters(_ facts: RouteFacts) -> JSONNode? {
        var parameters = facts.parameters.map { parameter -> JSONNode in
            let isPath = parameter.place == .path
            return .members([
                ("name", .string(parameter.name)), ("in", .string(parameter.place.rawValue)), ("required", .bool(parameter.isRequired)),
                ("description", parameter.note.isEmpty ? nil : .string(parameter.note)), ("schema", parameter.schema.json),
                ("example", isPath || parameter.isRequired || parameter.schema.sample != nil ? parameter.schema.example : nil),
            ])
        }
        if !facts.access.isOpen, surface == .adminSocket { parameters.append(Self.organisationInHeader) }
        return parameters.isEmpty ? nil : .array(parameters)
    }

    private static let organisationInHeader: JSONNode = [
        "name": "x-latchkey-org", "in": "header", "required": false,
        "description": "The organisation that a peer without a credential administers; the first one unless it is told",
        "schema": Schema.organisationId.json,
    ]

    private func requestBody(_ body: RouteBody) -> JSONNode {
        [
            "required": .bool(!body.mayBeAbsent),
            "content": ["application/json": ["schema": body.schema.json, "example": body.schema.example]],
        ]
    }

    private func responses(_ facts: RouteFacts) -> JSONNode {
        var responses = facts.answers.map { answer in (String(answer.status.code), response(answer, facts)) }
        for refusal in refusals(facts) {
            precondition(!responses.contains { $0.0 == refusal.status }, "\(facts.name) answers \(refusal.status) in two forms")
            responses.append((refusal.status, ["$ref": .string("#/components/responses/\(refusal.name)")]))
        }
        return .members(responses.sorted { $0.0 < $1.0 }.map { ($0.0, $0.1) })
    }

    private func response(_ answer: RouteAnswer, _ facts: RouteFacts) -> JSONNode {
        let headers = [RouteAnswer.Header.always(.requestId)] + answer.headers
        let contents = answer.contents.map { type, schema -> (String, JSONNode?) in
            let isText = type != "application/json"
            return (type, .members([("schema", schema.json), ("example", isText ? nil : schema.example)]))
        }
        return .members([
            ("description", .string(answer.status.reasonPhrase)), ("headers", ErrorSchema.headers(headers)),
            ("content", contents.isEmpty ? nil : .members(contents)), ("links", facts.method == .get ? nil : links(answer)),
        ])
    }

    /// The error codes of a route by their status.
    func refusals(_ facts: RouteFacts) -> [(status: String, name: String, codes: [ErrorCode])] {
        let byStatus = Dictionary(grouping: facts.errorCodes(on: surface)) { $0.status.code }
        return byStatus.sorted { $0.key < $1.key }.map { status, codes in
            (String(status), "\(status)." + codes.map(\.rawValue).joined(separator: "."), codes)
        }
    }
}
