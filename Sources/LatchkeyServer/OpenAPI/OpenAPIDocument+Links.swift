extension OpenAPIDocument {
    /// From what a change answers to every route that takes what it names: a client that follows them walks the thing's whole life.
    func links(_ answer: RouteAnswer) -> JSONNode? {
        guard let schema = answer.contents.first?.schema else { return nil }
        var made: [Subject: String] = [:]
        Self.collectSubjects(schema, at: "", into: &made)
        let links = routes.compactMap { route in link(to: route.facts, from: made).map { (route.name, Optional($0)) } }
        return links.isEmpty ? nil : .members(links)
    }

    private func link(to facts: RouteFacts, from made: [Subject: String]) -> JSONNode? {
        let parameters = facts.parameters.compactMap { parameter in
            expression(parameter.schema, made).map { (parameter.name, Optional($0)) }
        }
        let members = (facts.body?.schema.properties ?? []).compactMap { property in
            expression(property.schema, made).map { (property.name, Optional($0)) }
        }
        guard !parameters.isEmpty || !members.isEmpty else { return nil }
        return .members([
            ("operationId", .string(facts.name)), ("parameters", parameters.isEmpty ? nil : .members(parameters)),
            // A body that names one of several things names the first.
            ("requestBody", members.isEmpty ? nil : .members(Array(members.prefix(1)))),
        ])
    }

    private func expression(_ schema: Schema, _ made: [Subject: String]) -> JSONNode? {
        schema.resolved.subject.flatMap { made[$0] }.map { .string("$response.body#\($0)") }
    }

    /// Where in an answer (RFC 6901) the first of each kind of subject stands.
    private static func collectSubjects(_ schema: Schema, at pointer: String, into found: inout [Subject: String]) {
        let schema = schema.resolved
        if let subject = schema.subject, found[subject] == nil { found[subject] = pointer }
        for property in schema.properties { collectSubjects(property.schema, at: "\(pointer)/\(property.name)", into: &found) }
    }
}
