/// A JSON Schema (draft 2020-12), as much of it as this API's parameters, bodies and answers need.
package struct Schema: Sendable {
    package indirect enum Form: Sendable {
        /// Any JSON at all.
        case anything
        case null
        case boolean
        case integer(ClosedRange<Int64>?)
        /// With or without a fraction.
        case number(ClosedRange<Int64>?)
        case string(StringRules)
        case array(of: Schema, count: ClosedRange<Int>?)
        case object([Property])
        /// An object whose names are data.
        case map(of: Schema, names: StringRules, most: Int?)
        case oneOf([Schema])
        /// A schema that the document has once, under this name.
        case named(String, Schema)
    }

    package struct StringRules: Sendable {
        package var pattern: String?
        package var format: String?
        /// Unicode scalars.
        package var length: ClosedRange<Int>?
        /// The only texts that it may be; empty when it may be any.
        package var values: [String] = []
    }

    package struct Property: Sendable {
        package let name: String
        package let schema: Schema
        package let isRequired: Bool

        static func required(_ name: String, _ schema: Schema) -> Property { Property(name: name, schema: schema, isRequired: true) }

        /// May be absent.
        static func optional(_ name: String, _ schema: Schema) -> Property { Property(name: name, schema: schema, isRequired: false) }
    }

    package var form: Form
    package var isNullable = false
    /// For people.
    package var note: String?
    /// Stands in examples; without it an example is made of the form.
    package var sample: JSONNode?
    /// What a text of this schema names.
    package var subject: Subject?

    init(_ form: Form) { self.form = form }
}

extension Schema {
    func noted(_ note: String) -> Schema { with { $0.note = note } }

    func sampled(_ sample: JSONNode) -> Schema { with { $0.sample = sample } }

    /// The text is the id or the secret of one, whatever form it has.
    func naming(_ subject: Subject) -> Schema { with { $0.subject = subject } }

    var nullable: Schema { with { $0.isNullable = true } }

    /// The schema that a name stands for.
    package var resolved: Schema {
        if case .named(_, let schema) = form { schema.resolved } else { self }
    }

    /// The members of an object, or of all the objects that it is one of; required is what each of them requires.
    package var properties: [Property] {
        switch form {
        case .named(_, let schema): return schema.properties
        case .object(let properties): return properties
        case .oneOf(let schemas):
            let all = schemas.map(\.properties)
            var found: [Property] = []
            for property in all.joined() where !found.contains(where: { $0.name == property.name }) {
                let isRequired = all.allSatisfy { $0.contains { $0.name == property.name && $0.isRequired } }
                let telling = all.joined().first { $0.name == property.name && !$0.schema.isNull } ?? property
                found.append(Property(name: property.name, schema: telling.schema, isRequired: isRequired))
            }
            return found
        default: return []
        }
    }

    private var isNull: Bool { if case .null = form { true } else { false } }

    private func with(_ change: (inout Schema) -> Void) -> Schema {
        var schema = self
        change(&schema)
        return schema
    }
}
