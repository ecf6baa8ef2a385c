import LatchkeyStore
import LatchkeyVerifier

/// A binary row that holds what no version of this program writes.
enum BinaryRowError: Error {
    case unknownVersion
    case unknownValue
}

extension BinaryReader {
    mutating func expectVersion(_ version: UInt8) throws {
        guard try u8() == version else { throw BinaryRowError.unknownVersion }
    }

    mutating func timestamp() throws -> Timestamp { try Timestamp(milliseconds: i64()) }

    /// The smallest number stands for "none", so that the row's layout stays fixed.
    mutating func optionalTimestamp() throws -> Timestamp? {
        let milliseconds = try i64()
        return milliseconds == .min ? nil : Timestamp(milliseconds: milliseconds)
    }

    /// An empty text stands for "none".
    mutating func optionalString() throws -> String? {
        let text = try string()
        return text.isEmpty ? nil : text
    }

    /// A value of an enumeration, by its name.
    mutating func named<Value: RawRepresentable<String>>(_ type: Value.Type) throws -> Value {
        guard let value = try Value(rawValue: string()) else { throw BinaryRowError.unknownValue }
        return value
    }
}

extension BinaryWriter {
    mutating func timestamp(_ value: Timestamp) { i64(value.milliseconds) }

    mutating func optionalTimestamp(_ value: Timestamp?) { i64(value?.milliseconds ?? .min) }

    mutating func optionalString(_ value: String?) throws { try string(value ?? "") }
}
