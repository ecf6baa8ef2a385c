/// An audit entry as the daemon describes it, for people.
struct AuditReport {
    static let titles = ["TIME", "RESULT", "ACTOR", "ACTION", "SUBJECT", "RESOURCE"]

    private let entry: JSONValue

    init(_ entry: JSONValue) { self.entry = entry }

    var row: [String] {
        [text("timestamp"), verdict.text]
            + [text("actor"), text("action"), subject, text("resource")].map { $0.isEmpty ? "" : Shown.word($0) }
    }

    static func colour(of row: [String]) -> Colour? { Verdict.colour(of: row, column: 1) }

    var facts: [(name: String, value: String?)] {
        let names = [
            ("actor", "actor"), ("identity", "identityId"), ("organisation", "orgId"), ("workspace", "workspaceId"), ("plane", "plane"),
            ("resource", "resource"), ("address", "ip"), ("user agent", "userAgent"), ("request", "requestId"),
        ]
        let metadata = (entry["metadata"]?.members ?? []).map { name, value in
            (name: "metadata", value: Optional("\(name)=\(value.text ?? String(decoding: value.raw, as: UTF8.self))"))
        }
        return [
            ("id", text("id")), ("number", entry["seq"]?.integer.map { String($0) }), ("time", text("timestamp")),
            ("action", text("action")), ("result", verdict.text),
        ] + names.map { (name: $0.0, value: entry[$0.1]?.text) } + metadata
    }

    /// The identity; what has none is known by its name or, a signing key, by its kid, when the entry says it.
    private var subject: String { (entry["identityId"] ?? entry["metadata"]?["name"] ?? entry["metadata"]?["kid"])?.text ?? "" }

    private var verdict: Verdict { Verdict(entry["result"]?.text) }

    private func text(_ name: String) -> String { entry[name]?.text ?? "" }
}

extension DaemonClient {
    /// Prints audit entries page by page.
    func printAudit(
        _ path: String, query: [(name: StaticString, value: String?)], limit: Int?, json: Bool
    ) async throws(CommandFailure) {
        try await printList(
            path, query: query.map { ($0.name.description, $0.value) }, limit: limit, json: json, titles: AuditReport.titles,
            colour: AuditReport.colour
        ) {
            AuditReport($0).row
        }
    }
}
