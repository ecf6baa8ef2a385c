/// The JSON that stands for a schema.
extension Schema {
    var json: JSONNode {
        var members = keywords
        if isNullable { members = Self.orNull(members) }
        if let note { members.append(("description", .string(note))) }
        return .members(members)
    }

    private typealias Keywords = [(String, JSONNode?)]

    private var keywords: Keywords {
        switch form {
        case .anything: []
        case .null: [("type", "null")]
        case .boolean: [("type", "boolean")]
        case .integer(let range): [("type", "integer")] + Self.bounds(range)
        case .number(let range): [("type", "number")] + Self.bounds(range)
        case .string(let rules): [("type", "string")] + rules.keywords
        case .array(let element, let count):
            [("type", "array"), ("items", element.json)] + Self.bounds(count, "minItems", "maxItems")
        case .object(let properties): Self.keywords(properties)
        case .map(let value, let names, let most):
            [
                ("type", "object"), ("additionalProperties", value.json),
                ("propertyNames", names.keywords.isEmpty ? nil : .members(names.keywords)),
                ("maxProperties", most.map { .integer(Int64($0)) }),
            ]
        case .oneOf(let schemas): [("oneOf", .array(schemas.map(\.json)))]
        case .named(let name, _): [("$ref", .string("#/components/schemas/\(name)"))]
        }
    }

    private static func keywords(_ properties: [Property]) -> Keywords {
        let required = properties.filter(\.isRequired).map(\.name)
        return [
            ("type", "object"), ("required", required.isEmpty ? nil : .strings(required)),
            ("properties", .members(properties.map { ($0.name, $0.schema.json) })),
        ]
    }

    private static func bounds(_ range: ClosedRange<Int64>?) -> Keywords {
        [
            ("minimum", (range?.lowerBound).bounded.map { .integer($0) }), ("maximum", (range?.upperBound).bounded.map { .integer($0) }),
        ]
    }

    fileprivate static func bounds(_ range: ClosedRange<Int>?, _ least: String, _ most: String) -> [(String, JSONNode?)] {
        [
            (least, range.flatMap { $0.lowerBound > 0 ? .integer(Int64($0.lowerBound)) : nil }),
            (most, range.flatMap { $0.upperBound < .max ? .integer(Int64($0.upperBound)) : nil }),
        ]
    }

    /// The same, or `null`.
    private static func orNull(_ keywords: Keywords) -> Keywords {
        guard case .string(let type)?? = keywords.first(where: { $0.0 == "type" })?.1, type != "null" else {
            return [("anyOf", .array([.members(keywords), ["type": "null"]]))]
        }
        return keywords.map { name, value in
            switch (name, value) {
            case ("type", _): (name, .strings([type, "null"]))
            case ("enum", .array(let values)?): (name, .array(values + [.null]))
            case ("const", let value?): ("enum", .array([value, .null]))
            default: (name, value)
            }
        }
    }

    /// Every schema with a name that this one is made of, by name.
    func collectNamed(into found: inout [String: Schema]) {
        switch form {
        case .named(let name, let schema):
            if let known = found[name] {
                precondition(known.json == schema.json, "two schemas are named \(name)")
                return
            }
            found[name] = schema
            schema.collectNamed(into: &found)
        case .array(let element, _): element.collectNamed(into: &found)
        case .map(let value, _, _): value.collectNamed(into: &found)
        case .object(let properties): for property in properties { property.schema.collectNamed(into: &found) }
        case .oneOf(let schemas): for schema in schemas { schema.collectNamed(into: &found) }
        case .anything, .null, .boolean, .integer, .number, .string: break
        }
    }
}

extension Schema.StringRules {
    fileprivate var keywords: [(String, JSONNode?)] {
        let isOne = values.count == 1
        let all: [(String, JSONNode?)] = [
            ("const", isOne ? .string(values[0]) : nil), ("enum", isOne || values.isEmpty ? nil : .strings(values)),
            ("format", format.map { .string($0) }), ("pattern", pattern.map { .string($0) }),
        ]
        return (all + Schema.bounds(length, "minLength", "maxLength")).filter { $0.1 != nil }
    }
}

extension Int64? {
    /// A bound; the ends of the type bound nothing.
    fileprivate var bounded: Int64? { flatMap { $0 == .min || $0 == .max ? nil : $0 } }
}
