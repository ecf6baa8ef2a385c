/// How declarations write schemas down.
extension Schema {
    package static let anything = Schema(.anything)
    package static let null = Schema(.null)
    package static let boolean = Schema(.boolean)

    package static func integer(_ range: ClosedRange<Int64>? = nil) -> Schema { Schema(.integer(range)) }

    package static func number(_ range: ClosedRange<Int64>? = nil) -> Schema { Schema(.number(range)) }

    package static func string(pattern: String? = nil, format: String? = nil, length: ClosedRange<Int>? = nil) -> Schema {
        Schema(.string(StringRules(pattern: pattern, format: format, length: length)))
    }

    package static func enumeration(_ values: [String]) -> Schema { Schema(.string(StringRules(values: values))) }

    package static func enumeration(_ values: String...) -> Schema { enumeration(values) }

    /// The raw values of an enumeration of the domain.
    package static func cases<Value: CaseIterable & RawRepresentable>(_ type: Value.Type) -> Schema where Value.RawValue == String {
        enumeration(type.allCases.map(\.rawValue))
    }

    package static func array(of element: Schema, count: ClosedRange<Int>? = nil) -> Schema { Schema(.array(of: element, count: count)) }

    package static func map(of value: Schema, names: StringRules = StringRules(), most: Int? = nil) -> Schema {
        Schema(.map(of: value, names: names, most: most))
    }

    package static func oneOf(_ schemas: Schema...) -> Schema { Schema(.oneOf(schemas)) }

    package static func named(_ name: String, _ schema: Schema) -> Schema { Schema(.named(name, schema)) }

    package static func object(_ properties: [Property]) -> Schema { Schema(.object(properties)) }

    /// What the document has once, under this name.
    package static func object(_ name: String, _ properties: [Property]) -> Schema { .named(name, .object(properties)) }

    /// A request's body: a member that may be absent may be `null` as well.
    package static func body(_ name: String, _ properties: [Property]) -> Schema { .named(name, .object(properties.map(\.ofBody))) }

    /// A body of which exactly one of some members is wanted; the others are absent or `null`.
    package static func body(_ name: String, exactlyOne choices: [Property], _ others: [Property]) -> Schema {
        let forms = choices.map { chosen in
            let absent = choices.filter { $0.name != chosen.name }.map { Property.optional($0.name, .null) }
            return Schema.object([.required(chosen.name, chosen.schema)] + absent + others.map(\.ofBody))
        }
        return .named(name, Schema(.oneOf(forms)))
    }

    // MARK: - Texts that the contract has a form for

    package static func id(_ subject: Subject) -> Schema {
        var schema = Schema.string(pattern: subject.pattern)
        schema.subject = subject
        return schema
    }

    /// An organisation's id where it can only be the caller's own.
    package static let organisationId = Schema.string(pattern: Subject.organisation.pattern)

    /// RFC 3339 in UTC with milliseconds, as answers have it.
    package static let timestamp = Schema.string(format: "date-time").sampled("2030-01-31T12:00:00.000Z")

    /// RFC 3339 as requests may have it.
    package static let dateTime = Schema.string(format: "date-time").sampled("2030-01-31T12:00:00Z")

    /// An opaque place in a list.
    package static let cursor = Schema.string(pattern: "^[A-Za-z0-9_-]+$")
}

extension Schema.Property {
    fileprivate var ofBody: Self { isRequired ? self : .optional(name, schema.nullable) }
}
