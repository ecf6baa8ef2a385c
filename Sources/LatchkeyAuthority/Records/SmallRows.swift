import LatchkeyStore
package import LatchkeyVerifier

/// Bytes as they are: a hash that an index leads to, a sealed answer.
package struct BytesRow: StoreRow, Equatable {
    package let bytes: [UInt8]

    package init(_ bytes: [UInt8]) { self.bytes = bytes }

    package static func decode(_ bytes: Span<UInt8>) -> Self {
        var copy: [UInt8] = []
        copy.reserveCapacity(bytes.count)
        for index in bytes.indices { copy.append(bytes[index]) }
        return Self(copy)
    }

    package func encode() -> [UInt8] { bytes }
}

/// An id that an index leads to.
package struct TextRow: StoreRow, Equatable {
    package let text: String

    package init(_ text: String) { self.text = text }

    package static func decode(_ bytes: Span<UInt8>) -> Self { Self(String(decoding: BytesRow.decode(bytes).bytes, as: UTF8.self)) }

    package func encode() -> [UInt8] { Array(text.utf8) }
}

/// A sequence number that an index leads to.
package struct SequenceRow: StoreRow, Equatable {
    package let sequence: UInt64

    package init(_ sequence: UInt64) { self.sequence = sequence }

    package static func decode(_ bytes: Span<UInt8>) throws -> Self {
        try BinaryReader.read(bytes) { try Self($0.u64()) }
    }

    package func encode() throws -> [UInt8] {
        var writer = BinaryWriter(reserving: 256)
        writer.u64(sequence)
        return writer.bytes
    }
}

/// A moment, such as an API key's last use.
package struct MomentRow: StoreRow, Equatable {
    package let moment: Timestamp

    package init(_ moment: Timestamp) { self.moment = moment }

    package static func decode(_ bytes: Span<UInt8>) throws -> Self {
        try BinaryReader.read(bytes) { try Self($0.timestamp()) }
    }

    package func encode() throws -> [UInt8] {
        var writer = BinaryWriter(reserving: 256)
        writer.timestamp(moment)
        return writer.bytes
    }
}
