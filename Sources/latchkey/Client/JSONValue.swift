import FoundationEssentials
import LatchkeyCrypto

/// A JSON text that the daemon answered with, cut into its values. Its bytes stay as they came, in one place, and can be wiped there.
final class JSONDocument {
    fileprivate private(set) var bytes: [UInt8]
    private let node: JSONNode

    /// Throws `.failed` when the bytes are not one JSON value.
    init(_ bytes: [UInt8]) throws(CommandFailure) {
        var scanner = JSONScanner(bytes)
        self.node = try scanner.document()
        self.bytes = bytes
    }

    var root: JSONValue { JSONValue(document: self, node: node) }

    /// Overwrites the text; values of it must not be asked for any more.
    func wipe() { bytes.withUnsafeMutableBufferPointer { $0.update(repeating: 0) } }
}

/// One value of a document. What it says is decoded when it is asked for, so that a secret never becomes a `String` by the way.
struct JSONValue {
    fileprivate let document: JSONDocument
    fileprivate let node: JSONNode

    /// A member of an object.
    subscript(_ name: String) -> JSONValue? {
        guard case .object(let members) = node.kind, let member = members.first(where: { $0.name == name }) else { return nil }
        return JSONValue(document: document, node: member.node)
    }

    /// The elements of an array.
    var elements: [JSONValue]? {
        guard case .array(let nodes) = node.kind else { return nil }
        return nodes.map { JSONValue(document: document, node: $0) }
    }

    /// The members of an object, in their order.
    var members: [(name: String, value: JSONValue)]? {
        guard case .object(let members) = node.kind else { return nil }
        return members.map { ($0.name, JSONValue(document: document, node: $0.node)) }
    }

    /// The text as the daemon wrote it.
    var raw: [UInt8] { Array(document.bytes[node.range]) }

    var isNull: Bool { raw.elementsEqual("null".utf8) }
    var bool: Bool? { raw.elementsEqual("true".utf8) ? true : raw.elementsEqual("false".utf8) ? false : nil }
    var integer: Int64? { Int64(String(decoding: raw, as: UTF8.self)) }

    var text: String? {
        guard case .string = node.kind else { return nil }
        return try? JSONDecoder().decode(String.self, from: Data(raw))
    }

    /// The texts of an array of strings.
    var texts: [String]? { elements?.compactMap(\.text) }

    /// A string of visible ASCII without escapes, moved straight into memory that is wiped.
    var secret: Secret? {
        guard case .string = node.kind, node.range.count > 2 else { return nil }
        let inside = node.range.dropFirst().dropLast()
        guard inside.allSatisfy({ (0x21...0x7E).contains(document.bytes[$0]) && document.bytes[$0] != UInt8(ascii: "\\") }) else {
            return nil
        }
        return Secret(count: inside.count) { span in
            for (index, place) in inside.enumerated() { span[index] = document.bytes[place] }
        }
    }
}

/// Where a value stands in its document, and of what kind it is.
struct JSONNode {
    indirect enum Kind {
        case object([(name: String, node: JSONNode)])
        case array([JSONNode])
        case string
        /// A number, `true`, `false` or `null`.
        case word
    }

    let kind: Kind
    let range: Range<Int>
}
