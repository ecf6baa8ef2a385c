import FoundationEssentials

/// A row that is kept as a JSON object, with its form's number beside the record's own members as `"v"`.
///
/// The record must encode as an object and have no member `v` of its own. A later form must still read the earlier ones
/// (members that were added are optional); a row of a form later than ``version`` is refused with ``StoreError/Code/newer``.
package protocol JSONRecord: StoreRow, Codable {
    /// The number of the form that this program writes, from 1.
    static var version: Int { get }
}

extension JSONRecord {
    package static func decode(_ bytes: Span<UInt8>) throws -> Self {
        let data = unsafe bytes.withUnsafeBufferPointer { unsafe Data($0) }
        return try JSONDecoder().decode(VersionedRecord<Self>.self, from: data).record
    }

    package func encode() throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .withoutEscapingSlashes
        return try Array(encoder.encode(VersionedRecord(record: self)))
    }
}

/// Writes the record and its `v` into one object, and looks at `v` before it looks at the record.
private struct VersionedRecord<Record: JSONRecord>: Codable {
    enum Key: String, CodingKey { case version = "v" }

    let record: Record

    init(record: Record) { self.record = record }

    init(from decoder: any Decoder) throws {
        let version = try decoder.container(keyedBy: Key.self).decode(Int.self, forKey: .version)
        guard version >= 1 else { throw StoreError(.undecodable, "a record has the impossible form number \(version)") }
        guard version <= Record.version else {
            throw StoreError(
                .newer, "a record has form \(version), this program knows up to \(Record.version); use the program that wrote it")
        }
        record = try Record(from: decoder)
    }

    func encode(to encoder: any Encoder) throws {
        try record.encode(to: encoder)
        var members = encoder.container(keyedBy: Key.self)
        try members.encode(Record.version, forKey: .version)
    }
}
