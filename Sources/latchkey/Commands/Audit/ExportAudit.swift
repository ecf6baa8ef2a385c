import ArgumentParser
import LatchkeyVerifier

/// What an export is written in.
enum ExportFormat: String, ExpressibleByArgument, CaseIterable {
    case json, csv

    var mediaType: String { self == .json ? "application/json" : "text/csv" }
}

struct ExportAudit: AsyncCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Write the audit log, or a part of it, oldest first, to standard output or a file.",
        discussion: """
            latchkey audit export --format csv --from 30d --out audit.csv
            latchkey audit export --format json | gzip > audit.json.gz

            A file appears when it is whole, or not at all. --json tells what was written to it as JSON.
            """
    )

    @Option(help: ArgumentHelp("json (an array of entries) or csv (with a header row).", valueName: "format"))
    var format: ExportFormat

    @Option(help: ArgumentHelp("Write to this file, which is replaced if it is there.", valueName: "path"))
    var out: String?

    @OptionGroup var scope: AuditScopeOptions
    @OptionGroup var filters: AuditFilters
    @OptionGroup var daemon: DaemonOptions
    @OptionGroup var organisation: OrganisationOptions

    func validate() throws {
        if daemon.json, out == nil { throw ValidationError("--json tells of the file of --out; the export itself is of --format") }
    }

    func run() async throws {
        let byteCount = try await DaemonClient.with(daemon, organisation: organisation.org) { client in
            guard let out else { return try await export(client) { (bytes) throws(CommandFailure) in try Output.write(bytes.span) } }
            let file = try WholeFile(path: out)
            let byteCount = try await export(client) { (bytes) throws(CommandFailure) in try file.write(bytes.span) }
            try file.finish()
            return byteCount
        }
        guard let out else { return }
        guard daemon.json else { return try Facts.print([("file", out), ("bytes", String(byteCount))]) }
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("file", out)
            writer.member("bytes", byteCount)
        }
        try Output.json(writer.bytes)
    }

    /// The number of bytes that there were.
    private func export(
        _ client: DaemonClient, write: ([UInt8]) throws(CommandFailure) -> Void
    ) async throws(CommandFailure) -> Int64 {
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("format", format.rawValue)
            writer.member("identityId", ifPresent: scope.identity)
            for (name, value) in filters.pairs() { writer.member(name, ifPresent: value) }
            if scope.unattributed { writer.member("unattributed", true) }
        }
        var progress = ExportProgress(format)
        defer { progress.clear() }
        try await client.stream("/v1/audit/export", accept: format.mediaType, body: writer.bytes) { (bytes) throws(CommandFailure) in
            try write(bytes)
            progress.add(bytes)
        }
        return progress.byteCount
    }
}
