/// Asks a `Decodable` type which members it reads: it is decoded from nothing, and every question is written down.
final class DecodingProbe: Decoder {
    struct Asked {
        let type: String
        let mayBeAbsent: Bool
    }

    private(set) var asked: [String: Asked] = [:]
    let codingPath: [any CodingKey] = []
    let userInfo: [CodingUserInfoKey: Any] = [:]

    static func members<Body: Decodable>(of type: Body.Type) throws -> [String: Asked] {
        let probe = DecodingProbe()
        _ = try Body(from: probe)
        return probe.asked
    }

    func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        KeyedDecodingContainer(Members<Key>(probe: self))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer { throw NotAnObject() }

    func singleValueContainer() throws -> any SingleValueDecodingContainer { Value() }

    struct NotAnObject: Error {}

    /// Each type of the wire with a value of it.
    private static func value<Value: Decodable>(_ type: Value.Type) throws -> Value {
        let known: [Any] = ["", false, 0, 0.0, Int64(0), [String](), [String: String]()]
        if let value = known.first(where: { $0 is Value }) as? Value { return value }
        return try Value(from: DecodingProbe())
    }

    private final class Members<Key: CodingKey>: KeyedDecodingContainerProtocol {
        let probe: DecodingProbe
        var optional: Set<String> = []
        let codingPath: [any CodingKey] = []
        let allKeys: [Key] = []

        init(probe: DecodingProbe) { self.probe = probe }

        /// Only `decodeIfPresent` asks this.
        func contains(_ key: Key) -> Bool {
            optional.insert(key.stringValue)
            return true
        }

        func decodeNil(forKey key: Key) throws -> Bool { false }

        func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value {
            probe.asked[key.stringValue] = Asked(type: "\(type)", mayBeAbsent: optional.contains(key.stringValue))
            return try DecodingProbe.value(type)
        }

        func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type, forKey key: Key) throws -> KeyedDecodingContainer<Nested> {
            throw NotAnObject()
        }

        func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer { throw NotAnObject() }
        func superDecoder() throws -> any Decoder { throw NotAnObject() }
        func superDecoder(forKey key: Key) throws -> any Decoder { throw NotAnObject() }
    }

    private struct Value: SingleValueDecodingContainer {
        let codingPath: [any CodingKey] = []

        func decodeNil() -> Bool { false }

        func decode<Inner: Decodable>(_ type: Inner.Type) throws -> Inner { try DecodingProbe.value(type) }
    }
}
