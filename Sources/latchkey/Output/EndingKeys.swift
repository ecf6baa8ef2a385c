/// The API keys of the daemon's status that end soon, each with what puts another in its place: a rotated key would end when this one does.
struct EndingKeys {
    struct Key {
        /// Its id, its name and when it ends.
        let words: String
        let mend: String
    }

    private let status: JSONValue
    /// The soonest first.
    let keys: [Key]
    /// Whether there are more than these.
    let hasMore: Bool

    init(_ status: JSONValue) {
        self.status = status
        let own = status["orgId"]?.text
        keys = (status["endingApiKeys"]?["keys"]?.elements ?? []).map { Self.key($0, own) }
        hasMore = status["endingApiKeys"]?["hasMore"]?.bool == true
    }

    var facts: [(name: String, value: String?)] {
        guard !keys.isEmpty else { return [] }
        let days = status["endingApiKeys"]?["withinDays"]?.integer.map { "within \($0) days " } ?? ""
        let more: [(name: String, value: String?)] = hasMore ? [("API keys end", "\(days)more than these: latchkey api-keys list")] : []
        let lines: [(name: String, value: String?)] = keys.map { ("API key ends", "\($0.words): \($0.mend)") }
        return lines + more
    }

    /// - Parameter own: the organisation that commands act in when none is named.
    private static func key(_ key: JSONValue, _ own: String?) -> Key {
        let id = key["id"]?.text ?? ""
        let name = key["name"]?.text.flatMap { $0.isEmpty ? nil : Shown.word($0) }
        let words = [id, name, key["expiresAt"]?.text].compactMap { $0 }.joined(separator: " ")
        // A self-service key is its identity's own to replace.
        guard key["kind"]?.text != "self_service" else {
            return Key(words: words, mend: "its identity makes a new one with POST /api/v1/keys")
        }
        let organisation = key["orgId"]?.text.flatMap { $0 == own ? nil : " --org \($0)" } ?? ""
        return Key(
            words: words,
            mend: "latchkey api-keys mint --name NAME --scope SCOPE --expires 90d --replaces \(id)\(organisation) --to-file PATH")
    }
}
