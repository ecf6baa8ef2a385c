/// Something in a store that is not as it must be.
package struct CheckFinding: Sendable, Equatable, Codable {
    package enum Kind: String, Sendable, Codable {
        /// A key or a row that is not of its table's form.
        case unreadable
        /// A row that follows from others and is not there.
        case missing
        /// A row that should follow from others, and does not.
        case stray
        /// A row that follows from others, with another content.
        case wrong
        /// A record that names what is not there.
        case dangling
        /// Records that can't be true together.
        case impossible
    }

    package let kind: Kind
    package let table: String
    /// A sentence. Never holds a secret, its hash or the content of a row.
    package let sentence: String
    /// Whether what is right follows from other rows.
    package let isRepairable: Bool
    /// Whether it was put right, and a look at the store afterwards no longer found it.
    package internal(set) var isRepaired = false
}
