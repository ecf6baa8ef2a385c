import LatchkeyCrypto

/// Which page of a list.
package struct PageRequest: Sendable {
    /// 1 to 100.
    package let limit: Int
    /// The id of the last row of the page before.
    package let after: String?

    /// - Parameters:
    ///   - limit: out of range is clamped to 1…100; 50 when absent.
    ///   - cursor: as `Page.cursor` gave it.
    ///   - kind: the kind of id that the list is sorted by.
    /// - Throws: `invalid_request` for a limit that is not a number or a cursor that this program did not make.
    package init(limit: String?, cursor: String?, kind: IdentifierSource.Kind) throws(AuthorityError) {
        if let limit {
            guard let number = Double(limit), number.isFinite, number.rounded() == number else {
                throw .invalid("limit", "limit must be a whole number from 1 to 100")
            }
            self.limit = Int(min(max(number, 1), 100))
        } else {
            self.limit = 50
        }
        if let cursor {
            guard let bytes = Base64URL.decode(cursor), case let id = String(decoding: bytes, as: UTF8.self),
                Identifier.isPlausible(id, kind)
            else {
                throw Self.badCursor
            }
            after = id
        } else {
            after = nil
        }
    }

    static let badCursor = AuthorityError.invalid("cursor", "this cursor is not one that a list has given out; start again without it")

    /// The first `limit` rows.
    package init(limit: Int) {
        self.limit = min(max(limit, 1), 100)
        after = nil
    }
}

/// A page of a list, newest first.
package struct Page<Element: Sendable>: Sendable {
    package let elements: [Element]
    /// Opaque; absent on the last page.
    package let cursor: String?
    package let limit: Int

    /// - Parameter lastId: the id to go on after, when there is more.
    init(_ elements: [Element], lastId: String?, limit: Int) {
        self.elements = elements
        cursor = lastId.map { Base64URL.encode(Array($0.utf8)) }
        self.limit = limit
    }
}
