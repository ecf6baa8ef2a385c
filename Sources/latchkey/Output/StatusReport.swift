/// The daemon's status for people, with the next thing to do at its end.
struct StatusReport {
    private let status: JSONValue

    init(_ status: JSONValue) { self.status = status }

    var facts: [(name: String, value: String?)] {
        var facts: [(name: String, value: String?)] = [
            ("status", status["status"]?.text), ("version", status["version"]?.text), ("listening on", status["listen"]?.text),
            ("issuer", status["issuer"]?.text), ("organisation", status["orgId"]?.text), ("install", status["installId"]?.text),
            ("admin socket", status["adminSocket"]?.text), ("state directory", status["stateDir"]?.text),
        ]
        for key in status["signingKeys"]?.elements ?? [] {
            let words = [
                key["keyId"]?.text, key["status"]?.text, key["bits"]?.integer.map { "RSA-\($0)" },
                key["createdAt"]?.text.map { "since \($0)" },
            ]
            facts.append(("signing key", words.compactMap { $0 }.joined(separator: " ")))
        }
        facts.append(("seal", seal))
        for (name, value) in status["counts"]?.members ?? [] { facts.append((Self.words[name] ?? name, value.integer.map { String($0) })) }
        for (name, service) in status["services"]?.members ?? [] where service["status"]?.text != "healthy" {
            let why = [service["status"]?.text, service["reason"]?.text, service["detail"]?.text].compactMap { $0 }
            facts.append((name, why.joined(separator: ": ")))
        }
        facts.append(("next", next))
        return facts
    }

    private static let words = ["apiKeys": "API keys", "auditEntries": "audit entries"]

    private var seal: String? {
        guard let seal = status["seal"], let isOpen = seal["open"]?.bool else { return nil }
        var text = isOpen ? "open" : "closed"
        if let reason = seal["reason"]?.text { text += ": \(reason)" }
        if let place = seal["masterKey"]?.text { text += "; master key in \(place)" }
        if seal["sharesDiskWithStore"]?.bool == true { text += ", on the store's own disk" }
        return text
    }

    private var next: String? {
        if status["counts"]?["apiKeys"]?.integer == 0 {
            return "mint the first API key: latchkey api-keys mint --name admin --scope '*' --to-file admin.key"
        }
        if status["counts"]?["identities"]?.integer == 0 {
            return "create an identity: latchkey identities create --name NAME --sponsor PERSON --scope SCOPE"
        }
        return nil
    }
}
