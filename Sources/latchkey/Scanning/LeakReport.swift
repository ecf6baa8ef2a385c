import LatchkeyAuthority
import LatchkeyVerifier

/// What was found, and which keys these are.
struct LeakReport {
    private static let titles = ["PLACE", "LINE", "PREFIX", "KIND", "KEY", "NAME", "STATE"]

    let search: LeakSearch
    /// By prefix; `nil` when the daemon was not asked, or did not answer.
    let keys: [String: [JSONValue]]?
    /// Hashes of secrets that have a live key's first characters and are not that key's: those characters are no secret, and the checksum can be
    /// made by anybody.
    var strangers: Set<[UInt8]> = []

    /// Whether the daemon knows all that was found, and takes none of it any more.
    var areDead: Bool {
        search.hits.allSatisfy { hit in
            let known = keys(of: hit)
            return !known.isEmpty && known.allSatisfy { APIKeyReport($0).state != "active" } || strangers.contains(hit.finding.hash)
        }
    }

    func print(json: Bool) throws(CommandFailure) {
        if json { return try Output.json(document) }
        var table = Table(Self.titles)
        try table.print(search.hits.map(row))
        for line in advice { Output.note(line) }
    }

    private func row(_ hit: LeakSearch.Hit) -> [String] {
        let known = keys(of: hit)
        let isAPIKey = hit.finding.kind == .apiKey
        return [
            hit.place, String(hit.finding.line), hit.finding.prefix, isAPIKey ? "API key" : "refresh token",
            known.compactMap { $0["id"]?.text }.joined(separator: " "), known.compactMap { $0["name"]?.text }.joined(separator: " "),
            state(of: hit, known),
        ]
    }

    private func state(of hit: LeakSearch.Hit, _ known: [JSONValue]) -> String {
        if strangers.contains(hit.finding.hash) { return "another secret" }
        if known.isEmpty, keys != nil, hit.finding.kind == .apiKey { return "unknown here" }
        return known.map { APIKeyReport($0).state }.joined(separator: " ")
    }

    private func keys(of hit: LeakSearch.Hit) -> [JSONValue] {
        guard hit.finding.kind == .apiKey, !strangers.contains(hit.finding.hash) else { return [] }
        return keys?[hit.finding.prefix] ?? []
    }

    /// What to do, each thing once.
    private var advice: [String] {
        var lines: [String] = []
        var seen: Set<String> = []
        for hit in search.hits {
            for key in keys(of: hit) where seen.insert(key["id"]?.text ?? "").inserted {
                lines.append(
                    APIKeyReport(key).state == "active"
                        ? "revoke it: \(Self.command(for: key))"
                        : "it is dead; end what was made with it: \(Self.command(for: key)) --descendants")
            }
        }
        if keys == nil, search.hits.contains(where: { $0.finding.kind == .apiKey }) {
            lines.append("find the keys by their prefixes, and revoke them: latchkey api-keys list; latchkey api-keys revoke ID")
        }
        if search.hits.contains(where: { $0.finding.kind == .refreshToken }) {
            lines.append(
                "a refresh token does not say whose it is: end the sessions of the identity that it was issued for: latchkey tokens revoke --identity ID"
            )
        }
        if search.count > search.hits.count { lines.append("\(search.count - search.hits.count) more places are not listed") }
        return lines
    }

    /// The key's organisation need not be the first one.
    private static func command(for key: JSONValue) -> String {
        let organisation = key["orgId"]?.text.map { " --org \($0)" } ?? ""
        return "latchkey api-keys revoke \(key["id"]?.text ?? "")\(organisation) --reason leaked"
    }

    private var document: [UInt8] {
        var writer = JSONWriter()
        writer.object { writer in
            writer.key("data")
            writer.array { writer in for hit in search.hits { writer.object { write(hit, to: &$0) } } }
            writer.member("count", Int64(search.count))
            writer.member("files", Int64(search.files))
            writer.member("asked", keys != nil)
            writer.member("skipped", Int64(search.skipped))
            writer.member("unread", search.unread)
        }
        return writer.bytes
    }

    private func write(_ hit: LeakSearch.Hit, to writer: inout JSONWriter) {
        writer.member("place", hit.place)
        writer.member("line", hit.finding.line)
        writer.member("offset", hit.finding.offset)
        writer.member("kind", hit.finding.kind.rawValue)
        writer.member("prefix", hit.finding.prefix)
        if strangers.contains(hit.finding.hash) { writer.member("isAnotherSecret", true) }
        let known = keys(of: hit)
        writer.key("apiKeys")
        writer.array { writer in for key in known { writer.raw(key.raw) } }
        writer.member("revoke", known.filter { APIKeyReport($0).state == "active" }.map(Self.command))
    }
}
