import FoundationEssentials
import LatchkeyVerifier

/// Holds a value against a JSON Schema as the document has it, and says what is wrong: a second reading of the standard, for the words
/// that the document uses. A word that it doesn't know is a fault as well.
struct SchemaCheck {
    let document: JSON

    /// - Returns: what is wrong, with the place; empty when the value conforms.
    func faults(_ value: JSON, _ schema: JSON, at place: String = "") -> [String] {
        guard case .object(let words) = schema else { return ["\(place): the schema is no object"] }
        return words.sorted { $0.key < $1.key }.flatMap { word, argument in faults(value, word, argument, schema, place) }
    }

    /// The value that a reference within the document means; `nil` when it means none.
    func resolve(_ reference: String) -> JSON? {
        guard reference.hasPrefix("#/") else { return nil }
        return reference.dropFirst(2).split(separator: "/").reduce(document as JSON?) { node, part in
            node?[String(part).replacing("~1", with: "/").replacing("~0", with: "~")]
        }
    }

    private func faults(_ value: JSON, _ word: String, _ argument: JSON, _ schema: JSON, _ place: String) -> [String] {
        func fault(_ isBad: Bool) -> [String] {
            isBad ? ["\(place): \(word) \("\(argument)".prefix(80)) is not true of \("\(value)".prefix(200))"] : []
        }
        func holds(_ schemas: JSON) -> Int { (schemas.elements ?? []).count { faults(value, $0, at: place).isEmpty } }
        switch word {
        case "description", "example": return []
        case "$ref":
            guard let found = argument.text.flatMap(resolve) else { return ["\(place): \(argument) leads nowhere"] }
            return faults(value, found, at: place)
        case "type":
            let types = argument.texts ?? [argument.text ?? ""]
            return fault(!types.contains { isOf($0, value) })
        case "enum": return fault(!(argument.elements ?? []).contains(value))
        case "const": return fault(argument != value)
        case "oneOf": return fault(holds(argument) != 1)
        case "anyOf": return fault(holds(argument) < 1)
        case "allOf": return fault(holds(argument) != argument.elements?.count)
        case "pattern", "format", "minLength", "maxLength": return fault(!isGood(value.text, word, argument))
        case "minimum", "maximum":
            guard let number = value.number, let bound = argument.number else { return [] }
            return fault(word == "minimum" ? number < bound : number > bound)
        case "minItems", "maxItems":
            guard let count = value.elements?.count, let bound = argument.number else { return [] }
            return fault(word == "minItems" ? Double(count) < bound : Double(count) > bound)
        case "items": return (value.elements ?? []).enumerated().flatMap { faults($1, argument, at: "\(place)/\($0)") }
        default: return memberFaults(value, word, argument, schema, place)
        }
    }

    private func memberFaults(_ value: JSON, _ word: String, _ argument: JSON, _ schema: JSON, _ place: String) -> [String] {
        guard case .object(let members) = value else { return [] }
        switch word {
        case "required": return (argument.texts ?? []).filter { members[$0] == nil }.map { "\(place): \($0) is missing" }
        case "properties":
            return members.sorted { $0.key < $1.key }.flatMap { name, member in
                argument[name].map { faults(member, $0, at: "\(place)/\(name)") } ?? []
            }
        case "additionalProperties":
            let known = schema["properties"]?.names ?? []
            return members.filter { !known.contains($0.key) }.flatMap { faults($1, argument, at: "\(place)/\($0)") }
        case "propertyNames": return members.keys.flatMap { faults(.string($0), argument, at: "\(place)/\($0)") }
        case "maxProperties": return Double(members.count) > (argument.number ?? 0) ? ["\(place): too many members"] : []
        default: return ["\(place): the word \(word) is not known here"]
        }
    }

    private func isOf(_ type: String, _ value: JSON) -> Bool {
        switch (type, value) {
        case ("null", .null), ("boolean", .bool), ("string", .string), ("array", .array), ("object", .object), ("number", .number): true
        case ("integer", .number(let number)): number.rounded() == number
        default: false
        }
    }

    private func isGood(_ text: String?, _ word: String, _ argument: JSON) -> Bool {
        guard let text else { return true }
        switch word {
        case "minLength": return Double(text.unicodeScalars.count) >= argument.number ?? 0
        case "maxLength": return Double(text.unicodeScalars.count) <= argument.number ?? 0
        case "format":
            return switch argument.text {
            case "date-time": Timestamp(rfc3339: text) != nil
            case "uri": text.contains("://")
            default: false
            }
        default:
            guard let pattern = argument.text, let expression = try? Regex(pattern).matchingSemantics(.unicodeScalar) else { return false }
            return text.firstMatch(of: expression) != nil
        }
    }
}
