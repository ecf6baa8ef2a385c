import ArgumentParser
import LatchkeyAuthority
import LatchkeyVerifier

struct Scan: AsyncCommand {
    static let configuration = CommandConfiguration(
        abstract: "Search files, directories or standard input for Latchkey's secrets; the exit code is 1 when there are some.",
        discussion: """
            latchkey scan .
            latchkey scan /var/log/deploy.log --json
            git log --all --patch | latchkey scan -

            A secret is told by its checksum, with no network; no look-alike is reported, and no secret is printed. When the daemon can be asked, it is \
            said which key it is, and what revokes it; whether a secret really is a live key's is found out by trying it.

            Base64 (a Kubernetes secret) and UTF-16 are read as well; what is compressed is not: \
            zcat deploy.log.gz | latchkey scan -

            In directories, links are not followed, and pipes, sockets and devices are passed over.
            """
    )

    @Argument(help: ArgumentHelp("A file, a directory with all that is in it, or - for standard input.", valueName: "path"))
    var paths: [String]

    @Flag(help: "Don't ask the daemon which keys these are.")
    var offline = false

    @OptionGroup var daemon: DaemonOptions
    @OptionGroup var organisation: OrganisationOptions

    func run() async throws {
        var search = LeakSearch()
        for path in paths { search.search(path) }
        for line in search.unread { Output.note("not read: \(line)") }
        let keys = search.hits.contains { $0.finding.kind == .apiKey } && !offline ? try await known(search) : nil
        var report = LeakReport(search: search, keys: keys)
        if let keys { report.strangers = try await strangers(search, keys) }
        if daemon.json || !search.hits.isEmpty { try report.print(json: daemon.json) }
        if search.count > 0 {
            throw CommandFailure(
                .failed, search.count == 1 ? "1 secret was found" : "secrets were found at \(search.count) places",
                hint: (report.areDead ? "" : "revoke first (with --descendants also what was made with it), then ")
                    + "look for what was done with it: latchkey audit query"
            )
        }
        guard search.unread.isEmpty else {
            throw CommandFailure(.failed, "no secret was found, but not everything could be read", hint: "read the rest as another user")
        }
        guard !daemon.json else { return }
        let skipped = search.skipped == 0 ? "" : "; \(search.skipped) that are links, or no regular files, were passed over"
        Output.note("no secret in \(search.files == 1 ? "1 file" : "\(search.files) files")" + skipped)
    }

    /// The keys that have the prefixes that were found. That the daemon does not answer is no failure of the search.
    private func known(_ search: LeakSearch) async throws -> [String: [JSONValue]]? {
        let wanted = Set(search.hits.lazy.filter { $0.finding.kind == .apiKey }.map(\.finding.prefix))
        do {
            var keys: [String: [JSONValue]] = [:]
            for organisation in try await organisations() {
                try await DaemonClient.with(daemon, organisation: organisation) { client in
                    try await client.pages("/v1/api-keys", limit: nil) { page in
                        for key in page {
                            if let prefix = key["prefix"]?.text, wanted.contains(prefix) { keys[prefix, default: []].append(key) }
                        }
                    }
                }
            }
            return keys
        } catch let failure as CommandFailure where failure.code != .usage {
            Output.note("which keys these are is not known: \(failure.message)")
            return nil
        }
    }

    /// The secrets that begin as a live key does and are not its own: the daemon takes none of them.
    private func strangers(_ search: LeakSearch, _ keys: [String: [JSONValue]]) async throws -> Set<[UInt8]> {
        let live = keys.mapValues { $0.filter { APIKeyReport($0).state == "active" } }.filter { !$0.value.isEmpty }
        var asked: Set<[UInt8]> = []
        var strangers: Set<[UInt8]> = []
        try await DaemonClient.with(daemon) { client in
            for hit in search.hits where hit.finding.kind == .apiKey && asked.insert(hit.finding.hash).inserted {
                guard let key = live[hit.finding.prefix]?.first else { continue }
                do throws(CommandFailure) {
                    let scope = key["scopes"]?.texts?.first ?? "*"
                    _ = try await client.authenticating(as: hit.finding.secret).post("/v1/authorize") { $0.member("scope", scope) }
                } catch {
                    // Whatever else is answered, it may be the key.
                    if error.refusal == "invalid_api_key" { strangers.insert(hit.finding.hash) }
                }
            }
        }
        return strangers
    }

    /// Over the socket a key of any organisation can be found; an API key sees its own alone.
    private func organisations() async throws -> [String?] {
        guard daemon.url == nil, organisation.org == nil else { return [organisation.org] }
        return try await DaemonClient.with(daemon) { client in
            var ids: [String?] = []
            try await client.pages("/v1/admin/orgs", limit: nil) { page in ids += page.map { $0["orgId"]?.text } }
            return ids
        }
    }
}
