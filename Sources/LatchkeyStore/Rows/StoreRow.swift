/// What a table holds under a key.
package protocol StoreRow: Sendable {
    /// Reads a row from its stored bytes, which are only valid during the call. What it throws reaches the reader as
    /// ``StoreError/Code/undecodable``, unless it is a `StoreError` itself.
    static func decode(_ bytes: Span<UInt8>) throws -> Self

    /// The bytes to be stored.
    func encode() throws -> [UInt8]
}

/// The row of an index: the key says it all.
package struct EmptyRow: StoreRow, Equatable {
    package init() {}

    package static func decode(_ bytes: Span<UInt8>) throws -> EmptyRow {
        guard bytes.isEmpty else { throw StoreError(.undecodable, "an index row has content where it should have none") }
        return EmptyRow()
    }

    package func encode() -> [UInt8] { [] }
}
