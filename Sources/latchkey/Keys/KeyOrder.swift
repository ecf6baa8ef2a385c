import LatchkeyVerifier

/// A request that makes an API key, and the key whose place the new one takes.
struct KeyOrder {
    /// A key that was there before.
    struct Old {
        let id: String
        /// Whether it is revoked once the new one is stored and proven.
        let ends: Bool
        /// How long the request itself lets it live on, in seconds; `nil` when the request changes nothing about it.
        let overlap: Int64?
    }

    let path: String
    let members: (inout JSONWriter) -> Void
    /// What a key that nobody has would be known by, when the answer is lost.
    let trace: String
    let old: Old?

    static func mint(_ request: MintRequest, replacing old: String? = nil) -> KeyOrder {
        KeyOrder(
            path: "/v1/api-keys", members: { request.write(to: &$0) }, trace: "one named \(Shown.word(request.name))",
            old: old.map { Old(id: $0, ends: true, overlap: nil) })
    }

    /// Nothing of the old key is lost before the new one is stored and proven: it lives on for an overlap in any case, and where none was asked
    /// for it is revoked at the end.
    ///
    /// - Parameter overlap: in seconds; 0 for none.
    static func rotate(_ id: String, overlap: Int64) -> KeyOrder {
        let seconds = overlap == 0 ? Overlap.longest : overlap
        return KeyOrder(
            path: "/v1/api-keys/\(PathText.encoded(id))/rotate", members: { $0.member("overlapSeconds", seconds) },
            trace: "one of the same name as \(id)", old: Old(id: id, ends: overlap == 0, overlap: seconds))
    }
}
