import FoundationEssentials
import Testing

extension OverTheSocket {
    /// The audit log and the events of a running daemon, and its organisations.
    @Suite struct AuditCommands {
        private struct Entry: Decodable {
            let id: String
            let seq: Int
            let action: String
            let identityId: String?
        }

        @Test func `what happened is found, shown and exported`() async throws {
            try await ScratchDirectory.with { scratch in
                let daemon = try OverTheSocket.daemon
                let id = try await daemon.identity("remembered").id
                _ = try await daemon.pair(id)
                let found = try await daemon.run("audit", "query", "--identity", id, "--from", "1h")
                #expect(
                    found.lines.count == 2 && found.lines.allSatisfy { $0.contains("\t✓ allowed\tadmin-socket:uid=") }, "\(found.output)")
                #expect(found.lines[0].contains("\ttoken.issued\t\(id)\t") && found.lines[1].contains("\tidentity.created\t"))
                #expect(try await daemon.run("audit", "query", "--identity", id, "--to", "1h").output.isEmpty)
                #expect(try await daemon.run("identities", "activity", id, "--action", "token.issued").lines.count == 1)
                let entry = try #require(
                    try await daemon.run("audit", "query", "--identity", id, "--limit", "1", "--json").json(ListAnswer<Entry>.self).data
                        .first)
                let shown = try await daemon.run("audit", "show", entry.id)
                #expect(
                    shown.output.contains("number\t\(entry.seq)\n") && shown.output.contains("action\ttoken.issued\nresult\t✓ allowed\n"))
                let written = try await daemon.run("audit", "export", "--format", "json", "--identity", id, "--out", scratch["audit.json"])
                #expect(written.code == 0, "\(written.errors)")
                let entries = try JSONDecoder().decode([Entry].self, from: Data(scratch.read("audit.json").utf8))
                #expect(entries.map(\.action) == ["identity.created", "token.issued"])
                let csv = try await daemon.run("audit", "export", "--format", "csv", "--identity", id)
                #expect(csv.code == 0 && csv.bytes.count { $0 == 0x0A } == 3 && csv.output.hasPrefix("seq,id,timestamp,action,result,"))
            }
        }

        @Test func `a filter that means nothing is refused in the daemon's words`() async throws {
            let run = try await OverTheSocket.daemon.run("audit", "query", "--action", "token.stolen")
            #expect(run.code == 1 && run.output.isEmpty && run.errors.hasPrefix("latchkey: "))
        }

        @Test func `a denied check is seen while it happens, and Ctrl-C ends the watch`() async throws {
            try await ScratchDirectory.with { scratch in
                let daemon = try OverTheSocket.daemon
                let id = try await daemon.identity("sage").id
                let shell = """
                    cd '\(scratch.path)' && mkfifo errors events
                    "$0" events --type scope.check --type identity.created 2> errors > events & watcher=$!
                    exec 3< errors 4< events
                    read -r line <&3 && echo "$line"
                    "$0" scopes check --identity \(id) relayfile:fs:write:/x > checked 2>&1
                    read -r line <&4 && echo "$line"
                    "$0" scopes check --identity \(id) relayfile:fs:read:/docs/a > checked 2>&1
                    read -r line <&4 && echo "$line"
                    "$0" identities create --name 'seen at once' --sponsor ada > created
                    read -r line <&4 && echo "$line"
                    kill -INT $watcher; wait $watcher; echo $?
                    """
                let run = try await daemon.run(shell: shell)
                #expect(
                    run.lines.prefix(3) == [
                        "watching; Ctrl-C ends it", "✗ denied  sage  relayfile:fs:write:/x (missing relayfile:fs:write:/x)",
                        "✓ allowed  sage  relayfile:fs:read:/docs/a (by relayfile:fs:read:/docs/*)",
                    ], "\(run.errors)")
                #expect(run.lines.dropFirst(3).first?.hasPrefix("• identity.created  \"seen at once\"  by admin-socket:uid=") == true)
                #expect(run.lines.last == "0")
            }
        }

        @Test func `organisations are made, changed and kept apart`() async throws {
            let daemon = try OverTheSocket.daemon
            struct Organisation: Decodable {
                let orgId: String
                let name: String
                let maxTokenTTL: Int
                let auditRetentionDays: Int
            }
            let made = try await daemon.run("orgs", "create", "--name", "Research", "--json").json(Organisation.self)
            let listed = try await daemon.run("orgs", "list")
            #expect(listed.lines.count == 2 && listed.output.hasPrefix("\(made.orgId)\tResearch\t"))
            let updated = try await daemon.run(
                "orgs", "update", "--org", made.orgId, "--max-token-ttl", "2h", "--default-token-ttl", "900", "--audit-retention", "400",
                "--json"
            ).json(Organisation.self)
            #expect(updated.maxTokenTTL == 7200 && updated.auditRetentionDays == 400)
            let shown = try await daemon.run("orgs", "show", "--org", made.orgId)
            #expect(shown.output.contains("longest token life\t7200 s\n") && shown.output.contains("audit log kept\t400 days\n"))
            #expect(try await daemon.run("orgs", "show").output.contains("name\tResearch") == false)
            let id = try await daemon.identity("of the first").id
            #expect(try await daemon.run("identities", "show", id, "--org", made.orgId).code == 1)
            #expect(try await daemon.run("identities", "list", "--org", made.orgId).output.isEmpty)
            #expect(try await daemon.run("orgs", "update", "--max-token-ttl", "48h").code == 1)
        }
    }
}
