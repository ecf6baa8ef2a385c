/// The API keys of the daemon's status that end soon, each with the command that puts another in its place: a rotated key would end when this one does.
struct EndingKeys {
    private let status: JSONValue

    init(_ status: JSONValue) { self.status = status }

    var facts: [(name: String, value: String?)] {
        guard let ending = status["endingApiKeys"], let keys = ending["keys"]?.elements, !keys.isEmpty else { return [] }
        let days = ending["withinDays"]?.integer.map { "within \($0) days " } ?? ""
        let more: [(name: String, value: String?)] =
            ending["hasMore"]?.bool == true ? [("API keys end", "\(days)more than these: latchkey api-keys list")] : []
        let lines: [(name: String, value: String?)] = keys.map { ("API key ends", line($0)) }
        return lines + more
    }

    private func line(_ key: JSONValue) -> String {
        let id = key["id"]?.text ?? ""
        let name = key["name"]?.text.flatMap { $0.isEmpty ? nil : Shown.word($0) }
        let words = [id, name, key["expiresAt"]?.text].compactMap { $0 }.joined(separator: " ")
        // A self-service key is its identity's own to replace.
        guard key["kind"]?.text != "self_service" else { return "\(words): its identity makes a new one with POST /api/v1/keys" }
        let organisation = key["orgId"]?.text.flatMap { $0 == status["orgId"]?.text ? nil : " --org \($0)" } ?? ""
        return "\(words): latchkey api-keys mint --name NAME --scope SCOPE --expires 90d --replaces \(id)\(organisation) --to-file PATH"
    }
}
