@testable import LatchkeyAuthority
@testable import LatchkeyServer
import LatchkeyStore
import Testing

extension ServerTests {
    @Suite("An export of the audit log")
    struct AuditExportTests {
        private static let columns = [
            "seq", "id", "timestamp", "action", "result", "actor", "identityId", "orgId", "workspaceId", "plane", "resource", "metadata",
            "ip", "userAgent", "requestId",
        ]

        private static func export(_ daemon: TestDaemon, _ format: String, _ more: String = "", key: String? = nil) async throws -> Reply {
            let body = #"{"format":"\#(format)"\#(more)}"#
            guard let key else { return try await daemon.admin("POST", "/v1/audit/export", body: body) }
            return try await daemon.call("POST", "/v1/audit/export", key: key, body: body)
        }

        /// Puts entries into the log of the first organisation, some hundred to a write.
        private static func fill(_ daemon: TestDaemon, _ count: Int) async throws {
            let organisation = daemon.authority.firstOrganisation
            let now = daemon.clock.now()
            for start in stride(from: 0, to: count, by: 500) {
                try await daemon.authority.store.write { transaction in
                    for number in start..<min(start + 500, count) {
                        var draft = AuditDraft(.tokenIssued, actor: "test", organisation: organisation)
                        draft.metadata = ["number": String(number)]
                        try Authority.append(draft, at: now, in: transaction)
                    }
                }
            }
        }

        @Test("as JSON is what the pages say, oldest first")
        func json() async throws {
            try await withDaemon { daemon in
                let (identity, _) = try await AuditQueryTests.history(daemon)
                let key = try await daemon.key("relayauth:audit:read:*").secret
                for (query, members) in [
                    ("", ""), ("action=identity.created", #","action":"identity.created""#),
                    ("identityId=\(identity)&result=allowed", #","identityId":"\#(identity)","result":"allowed""#),
                    ("workspaceId=w", #","workspaceId":"w""#), ("plane=relayauth", #","plane":"relayauth""#), ("plane=x", #","plane":"x""#),
                    ("from=2030-01-01T00:00:01Z&to=2030-01-01T00:00:03Z", #","from":"2030-01-01T00:00:01Z","to":"2030-01-01T00:00:03Z""#),
                ] {
                    let pages = try await AuditQueryTests.all(daemon, query)
                    let reply = try await Self.export(daemon, "json", members, key: key)
                    #expect(reply.status == 200 && reply["content-type"] == "application/json")
                    #expect(reply["content-disposition"] == #"attachment; filename="audit.json""#)
                    #expect(reply.json.elements == pages.reversed(), "\(query)")
                }
            }
        }

        @Test("of more than one batch has every entry once")
        func batches() async throws {
            try await withDaemon { daemon in
                try await Self.fill(daemon, 1502)
                let reply = try await Self.export(daemon, "json", #","action":"token.issued""#)
                let numbers = try #require(reply.json.elements).compactMap { $0["metadata"]?["number"]?.text }
                #expect(numbers == (0..<1502).map { String($0) })
                let rows = try CSVReader.rows(await Self.export(daemon, "csv", #","action":"token.issued""#).text)
                #expect(rows.count == 1503 && rows[0] == Self.columns)
            }
        }

        @Test("as CSV says the same, and no cell can be taken for a formula")
        func csv() async throws {
            try await withDaemon { daemon in
                let harmful = [
                    "=1+1", "+1", "-1", "@x", #"=HYPERLINK("http://x","y")"#, "=a,b", #"-"x""#, "a,b", #"a"b"#, "'quoted", "ü=1",
                ]
                for (number, text) in harmful.enumerated() {
                    let workspace = String(decoding: JSONNode.string(text).bytes, as: UTF8.self)
                    let reply = try await daemon.admin(
                        "POST", "/v1/identities", [("user-agent", text.replacing("ü", with: "u")), ("x-request-id", "=id,\(number)\"")],
                        body: #"{"name":\#(workspace),"sponsorId":"ada","workspaceId":\#(workspace)}"#)
                    try #require(reply.status == 201, "\(reply.text)")
                }
                let suspended = try await daemon.identity()
                _ = try await daemon.admin("POST", "/v1/identities/\(suspended)/suspend", body: #"{"reason":"=cmd|' /C calc'!A0"}"#)
                let entries = try await AuditQueryTests.all(daemon).reversed()
                let reply = try await Self.export(daemon, "csv")
                #expect(reply.status == 200 && reply["content-type"] == "text/csv; charset=utf-8")
                #expect(reply["content-disposition"] == #"attachment; filename="audit.csv""#)
                let rows = try CSVReader.rows(reply.text)
                #expect(rows.first == Self.columns)
                #expect(rows.count == entries.count + 1)
                var made = 0
                for (row, entry) in zip(rows.dropFirst(), entries) {
                    for (name, cell) in zip(Self.columns, row) {
                        #expect(!("=+-@\t\r\n".contains(cell.first ?? " ")), "\(name): \(cell)")
                        let value: String =
                            switch entry[name] {
                            case .number(let number)?: String(Int(number))
                            case .string(let text)?: text
                            case nil: ""
                            default: cell
                            }
                        if let first = value.first, "=+-@\t\r\n".contains(first) {
                            #expect(cell == "'" + value)
                            made += 1
                        } else {
                            #expect(cell == value, "\(name)")
                        }
                        if name == "metadata" { #expect(try JSON(Array(cell.utf8)) == entry[name]) }
                    }
                }
                #expect(made > 20)
            }
        }

        @Test(
            "makes a cell harmless and keeps what it says",
            arguments: [
                ("", ""), ("a", "a"), ("=1", "'=1"), ("+1", "'+1"), ("-1", "'-1"), ("@x", "'@x"), ("\t=1", "\"'\t=1\""),
                ("a;=1", "\"a;=1\""), ("\r=1", "\"'\r=1\""),
                ("\n=1", "\"'\n=1\""), (" =1", " =1"), ("a=1", "a=1"), ("a,b", "\"a,b\""), ("a\"b", "\"a\"\"b\""), ("=\"", "\"'=\"\"\""),
                ("a\nb", "\"a\nb\""), ("a\r\nb", "\"a\r\nb\""), ("\r\n=1", "\"'\r\n=1\""),
            ])
        func cells(_ text: String, _ cell: String) throws {
            #expect(CSV.cell(text) == cell)
            let rows = try CSVReader.rows(CSV.row([text, text]))
            #expect(rows == [[String]](repeating: Array(repeating: cell.utf8.contains(39) ? "'" + text : text, count: 2), count: 1))
        }

        @Test(
            "of no known form, or without one, is refused",
            arguments: [
                "{}", #"{"format":"xml"}"#, #"{"format":"JSON"}"#, #"{"format":""}"#, #"{"format":null}"#, #"{"format":["json"]}"#,
            ])
        func forms(_ body: String) async throws {
            try await withDaemon { daemon in
                expectField(try await daemon.admin("POST", "/v1/audit/export", body: body), "format", body)
                expectError(
                    try await daemon.admin("POST", "/v1/audit/export", body: #"{"format":"json","orgId":"x"}"#), 403, "org_mismatch")
            }
        }

        @Test("with nothing in it is whole, too")
        func empty() async throws {
            try await withDaemon { daemon in
                let json = try await Self.export(daemon, "json", #","plane":"x""#)
                #expect(json.json == .array([]))
                let csv = try await Self.export(daemon, "csv", #","plane":"x""#)
                #expect(try CSVReader.rows(csv.text) == [Self.columns])
            }
        }

        /// What goes on beside the writes whose cost is measured.
        enum Beside: Sendable { case nothing, export, snapshot }

        /// Bytes by which three thousand writes make the store grow.
        private static func growth(_ beside: Beside) async throws -> Int {
            var grown = 0
            try await withDaemon { daemon in
                try await fill(daemon, 5000)
                var export: StreamedAnswer?
                let (held, release) = (Semaphore(), Semaphore())
                var holder: Task<Void, any Error>?
                switch beside {
                case .nothing: break
                case .export:
                    let body = #"{"format":"json","action":"token.issued"}"#
                    export = try await daemon.stream("POST", "/v1/audit/export", body: body, at: daemon.socket)
                    _ = try await export?.next()
                case .snapshot:
                    let store = daemon.authority.store
                    holder = Task {
                        try await blocking {
                            try store.read { _ in
                                held.signal()
                                release.wait()
                            }
                        }
                    }
                    try await blocking { held.wait() }
                }
                let before = daemon.authority.store.statistics.mapUsed
                let (authority, organisation, now) = (daemon.authority, daemon.authority.firstOrganisation, daemon.clock.now())
                for _ in 0..<375 {
                    try await withThrowingDiscardingTaskGroup { group in
                        for _ in 0..<8 {
                            group.addTask {
                                _ = try await authority.store.write { transaction in
                                    try Authority.append(
                                        AuditDraft(.identityCreated, actor: "test", organisation: organisation), at: now, in: transaction)
                                }
                            }
                        }
                    }
                }
                grown = daemon.authority.store.statistics.mapUsed - before
                release.signal()
                try await holder?.value
                if let export {
                    let (text, end) = try await export.rest()
                    #expect(end == .whole && text.hasSuffix("\n]\n"))
                    #expect(text.utf8.count > 1_000_000, "it was under way: so much is in no buffer")
                    #expect(!text.contains("identity.created"))
                    await export.close()
                }
            }
            return grown
        }

        @Test("to a client that reads slowly lets the store reuse its pages")
        func slow() async throws {
            let plain = try await Self.growth(.nothing)
            let exporting = try await Self.growth(.export)
            let pinned = try await Self.growth(.snapshot)
            print("3,000 writes: \(plain) bytes, \(exporting) beside an export, \(pinned) beside an open snapshot")
            #expect(exporting < plain + plain / 4 + 256 * 1024)
            #expect(pinned > 2 * plain, "the measure tells the difference")
        }

        @Test("whose credential dies is cut off, and does not look whole", arguments: ["json", "csv"])
        func revoked(_ format: String) async throws {
            try await withDaemon { daemon in
                try await Self.fill(daemon, 5000)
                let key = try await daemon.key("relayauth:audit:read:*")
                let identity = try await daemon.identity("relayauth:audit:read:*")
                let pair = try await daemon.pair(identity)
                let body = #"{"format":"\#(format)"}"#
                let byKey = try await daemon.stream(
                    "POST", "/v1/audit/export", [("x-api-key", key.secret)], body: body, at: daemon.socket)
                let byToken = try await daemon.stream("POST", "/v1/audit/export", [pair.bearer], body: body, at: daemon.socket)
                for answer in [byKey, byToken] {
                    #expect(answer.head.status == 200)
                    #expect(try await answer.next() != nil)
                }
                _ = try await daemon.admin("POST", "/v1/api-keys/\(key.id)/revoke")
                _ = try await daemon.admin("POST", "/v1/identities/\(identity)/suspend", body: #"{"reason":"r"}"#)
                for answer in [byKey, byToken] {
                    let (text, end) = try await answer.rest()
                    #expect(end == .cut)
                    #expect(!text.contains("]\n"))
                    #expect(!text.contains(#""number":"4999""#) && !text.contains(#"""number"":""4999""#))
                    await answer.close()
                }
            }
        }

        @Test("that its client leaves goes on nowhere")
        func left() async throws {
            let daemon = try await TestDaemon()
            try await Self.fill(daemon, 5000)
            for number in 0..<20 {
                let answer = try await daemon.stream(
                    "POST", "/v1/audit/export", body: #"{"format":"\#(number % 2 == 0 ? "json" : "csv")"}"#,
                    at: number % 4 < 2 ? daemon.socket : daemon.tcp, receiveBuffer: 4096)
                #expect(try await answer.next() != nil)
                await answer.close()
            }
            // A responder at work, and a reader of the store, would be waited for.
            let clock = ContinuousClock()
            let begin = clock.now
            try await daemon.stop()
            #expect(clock.now - begin < .seconds(6), "it waited for the limit on answers in the making")
            daemon.expectCleanLog()
        }
    }
}
