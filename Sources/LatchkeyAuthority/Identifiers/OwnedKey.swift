import LatchkeyStore

/// The key of what belongs to an owner (an organisation; for tokens, an identity): the owner's id, then the thing's own. A look-up that
/// names the caller's organisation can't find another's, and a list is a range.
package struct OwnedKey: StoreKey, Hashable {
    package let owner: String
    package let id: String

    package init(_ owner: String, _ id: String) {
        self.owner = owner
        self.id = id
    }

    package var storeBytes: [UInt8] {
        var bytes = Self.prefix(owner)
        bytes.append(contentsOf: id.utf8)
        return bytes
    }

    package init?(storeBytes bytes: [UInt8]) {
        guard let slash = bytes.firstIndex(of: UInt8(ascii: "/")) else { return nil }
        owner = String(decoding: bytes[..<slash], as: UTF8.self)
        id = String(decoding: bytes[(slash + 1)...], as: UTF8.self)
    }

    /// What the keys of one owner begin with.
    package static func prefix(_ owner: String) -> [UInt8] { Array(owner.utf8) + [UInt8(ascii: "/")] }
}
