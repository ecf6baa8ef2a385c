/// Examples: what a document shows, and what a test sends.
extension Schema {
    /// A value of this schema. Members that may be absent are in it when a sample was written down for them.
    package var example: JSONNode {
        if let sample { return sample }
        if let subject { return .subject(subject) }
        switch form {
        case .anything, .null: return .null
        case .boolean: return false
        case .integer(let range), .number(let range): return .integer(range?.lowerBound ?? 1)
        case .string(let rules): return .string(rules.values.first ?? "text")
        case .array(let element, _): return .array([element.example])
        case .map(let value, _, _): return .members([("name", value.example)])
        case .object(let properties):
            return .members(properties.filter { $0.isRequired || $0.schema.hasSample }.map { ($0.name, $0.schema.example) })
        case .oneOf(let schemas): return schemas.first?.example ?? .null
        case .named(_, let schema): return schema.example
        }
    }

    private var hasSample: Bool {
        if sample != nil { return true }
        if case .named(_, let schema) = form { return schema.hasSample }
        return false
    }
}
