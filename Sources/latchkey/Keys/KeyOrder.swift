import LatchkeyVerifier

/// A request that makes an API key, and the key whose place the new one takes.
struct KeyOrder {
    /// A key that was there before.
    struct Old {
        let id: String
        /// Whether it is revoked once the new one is stored and proven.
        let ends: Bool
        /// What is true of it as long as the new one has not come to be used, such as `ak_1 is untouched`.
        let fate: String
    }

    let path: String
    let members: (inout JSONWriter) -> Void
    let old: Old?

    static func mint(_ request: MintRequest, replacing old: String? = nil) -> KeyOrder {
        KeyOrder(
            path: "/v1/api-keys", members: { request.write(to: &$0) },
            old: old.map { Old(id: $0, ends: true, fate: "\($0) is untouched") })
    }

    /// Nothing of the old key is lost before the new one is stored and proven: it lives on for an overlap in any case, and where none was asked
    /// for it is revoked at the end.
    ///
    /// - Parameter overlap: in seconds; 0 for none.
    static func rotate(_ id: String, overlap: Int64) -> KeyOrder {
        let seconds = overlap == 0 ? leastOverlap : overlap
        return KeyOrder(
            path: "/v1/api-keys/\(PathText.encoded(id))/rotate", members: { $0.member("overlapSeconds", seconds) },
            old: Old(
                id: id, ends: overlap == 0,
                fate: "\(id) works for \(TimeAway.span(seconds)) from its rotation on: rotate it again within that"))
    }

    /// How long somebody has, in seconds, to put right what kept the new key's secret from being stored.
    private static let leastOverlap: Int64 = 3600
}
