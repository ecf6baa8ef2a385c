import HTTPTypes
import HummingbirdCore
import LatchkeyAuthority
import LatchkeyVerifier
import NIOCore

/// An export of the audit log on its way to a client: a batch is read, written, and forgotten before the next one is read.
enum AuditStream {
    static func answer(_ export: AuditExport, _ format: AuditFormat) -> Answer {
        var headers: HTTPFields = [.cacheControl: "no-store"]
        headers[.contentDisposition] = "attachment; filename=\"audit.\(format.rawValue)\""
        switch format {
        case .json:
            headers[.contentType] = "application/json"
            return .stream(headers) { writer in
                var export = export
                var isFirst = true
                try await writer.write(ByteBuffer(string: "["))
                while let entries = try export.next() {
                    var buffer = ByteBuffer()
                    for entry in entries {
                        buffer.writeString(isFirst ? "\n" : ",\n")
                        buffer.writeBytes(entry.json)
                        isFirst = false
                    }
                    try await writer.write(buffer)
                }
                try await writer.write(ByteBuffer(string: "\n]\n"))
            }
        case .csv:
            headers[.contentType] = "text/csv; charset=utf-8"
            return .stream(headers) { writer in
                var export = export
                try await writer.write(ByteBuffer(string: CSV.row(columns.map(\.name))))
                while let entries = try export.next() {
                    var buffer = ByteBuffer()
                    for entry in entries {
                        let record = try entry.record()
                        buffer.writeString(CSV.row(columns.map { $0.cell(record) }))
                    }
                    try await writer.write(buffer)
                }
            }
        }
    }

    private static let columns: [(name: String, cell: @Sendable (AuditRecord) -> String)] = [
        ("seq", { String($0.seq) }), ("id", { $0.id }), ("timestamp", { $0.timestamp.description }), ("action", { $0.action.rawValue }),
        ("result", { $0.result.rawValue }), ("actor", { $0.actor }), ("identityId", { $0.identityId ?? "" }), ("orgId", { $0.orgId }),
        ("workspaceId", { $0.workspaceId ?? "" }), ("plane", { $0.plane ?? "" }), ("resource", { $0.resource ?? "" }),
        ("metadata", { metadata($0.metadata) }), ("ip", { $0.ip ?? "" }), ("userAgent", { $0.userAgent ?? "" }),
        ("requestId", { $0.requestId }),
    ]

    private static func metadata(_ pairs: [String: String]) -> String {
        var writer = JSONWriter()
        writer.object { writer in
            for (name, value) in pairs.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }) {
                writer.key(escaping: name)
                writer.string(value)
            }
        }
        return String(decoding: writer.bytes, as: UTF8.self)
    }
}

/// Comma-separated values (RFC 4180), made harmless for programs that take a cell for a formula.
enum CSV {
    static func row(_ cells: [String]) -> String { cells.map(cell).joined(separator: ",") + "\r\n" }

    /// A cell that begins with `= + - @`, or with a tab or line break before one, gets an apostrophe in front: then it is text.
    static func cell(_ text: String) -> String {
        var text = text
        if let first = text.utf8.first, formulaStarts.contains(first) { text = "'" + text }
        guard text.utf8.contains(where: { quoted.contains($0) }) else { return text }
        return "\"" + text.replacing("\"", with: "\"\"") + "\""
    }

    private static let formulaStarts = Set("=+-@\t\r\n".utf8)
    private static let quoted = Set(",;\"\t\r\n".utf8)
}
