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
        let keys = status["signingKeys"]?.elements ?? []
        for key in KeyReport.inOrder(keys.map { $0["status"]?.text ?? "" }).map({ keys[$0] }) {
            let words = [
                key["keyId"]?.text, key["status"]?.text, key["bits"]?.integer.map { "RSA-\($0)" },
                key["createdAt"]?.text.map { "since \($0)" },
            ]
            facts.append(("signing key", words.compactMap { $0 }.joined(separator: " ")))
        }
        facts += [("trust anchor", status["trust"]?["anchor"]?["fingerprint"]?.text), ("trust bundles", bundles)]
        facts += [("seal", seal), ("clock", clock), ("cutover", cutover)]
        for (name, value) in status["counts"]?.members ?? [] { facts.append((Self.words[name] ?? name, value.integer.map { String($0) })) }
        facts += EndingKeys(status).facts
        for (name, service) in status["services"]?.members ?? []
        where service["status"]?.text != "healthy" && (name != "clock" || clock == nil) {
            let why = [service["status"]?.text, service["reason"]?.text, service["detail"]?.text].compactMap { $0 }
            facts.append((name, why.joined(separator: ": ")))
        }
        facts.append(("next", next))
        return facts
    }

    private static let words = ["apiKeys": "API keys", "auditEntries": "audit entries"]

    /// Those that may be in use, and the last of them.
    private var bundles: String? {
        guard let live = status["trust"]?["bundles"]?.elements, let newest = live.first else { return nil }
        let count = status["trust"]?["moreBundles"]?.bool == true ? "more than \(live.count)" : String(live.count)
        let number = newest["sequence"]?.integer.map { String($0) } ?? "?"
        return "\(count) in use; the newest is number \(number), until \(newest["notAfter"]?.text ?? "?")"
    }

    private var seal: String? { status["seal"].flatMap { try? SealReport($0) }?.line }

    /// What is wrong with it; a clock that is trusted is no news.
    private var clock: String? {
        guard let clock = status["clock"], clock["reliable"]?.bool != true else { return nil }
        return "not trusted" + (clock["problem"]?.text.map { ": \($0)" } ?? "")
    }

    private var cutover: String? {
        guard let phase = status["cutover"]?["phase"]?.text, phase != "none" else { return nil }
        return phase + (status["cutover"]?["since"]?.text.map { " since \($0)" } ?? "")
    }

    private var next: String? {
        if let clock = status["clock"], clock["reliable"]?.bool != true {
            return clock["advice"]?.text ?? "set the host's clock right; when it is right already: latchkey clock accept"
        }
        if status["seal"]?["open"]?.bool == false { return "give the daemon its master key back: latchkey seal status" }
        if status["counts"]?["apiKeys"]?.integer == 0 {
            return "mint the first API key: latchkey api-keys mint --name admin --scope '*' --to-file admin.key"
        }
        if status["counts"]?["identities"]?.integer == 0 {
            return "create an identity: latchkey identities create --name NAME --sponsor PERSON --scope SCOPE"
        }
        return nil
    }
}
