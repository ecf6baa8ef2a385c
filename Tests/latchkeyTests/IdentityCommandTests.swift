import Testing

extension OverTheSocket {
    @Suite struct IdentityCommands {
        @Test func `an identity is created with all that was said, listed and shown`() async throws {
            let daemon = try OverTheSocket.daemon
            let created = try await daemon.run(
                "identities", "create", "--name", "indexer", "--sponsor", "ada@example.org", "--type", "service", "--workspace", "w1",
                "--scope",
                "relayfile:fs:read:/docs/*", "--scope", "cloud:job:run", "--metadata", "team=search", "--metadata", "note=a=b", "--json"
            ).json(IdentityAnswer.self)
            #expect(
                created.name == "indexer" && created.sponsorId == "ada@example.org" && created.type == "service"
                    && created.workspaceId == "w1")
            #expect(created.scopes == ["relayfile:fs:read:/docs/*", "cloud:job:run:*"])
            #expect(created.metadata == ["team": "search", "note": "a=b"])
            let shown = try await daemon.run("identities", "show", created.id)
            #expect(shown.output.contains("id\t\(created.id)\n") && shown.output.contains("metadata\tnote=a=b\n"))
            let listed = try await daemon.run("identities", "list", "--type", "service", "--workspace", "w1", "--status", "active")
            #expect(listed.lines.count == 1 && listed.output.hasPrefix(created.id + "\tindexer\tservice\tactive\tada@example.org\t"))
            #expect(try await daemon.run("identities", "list", "--workspace", "nobody's").output.isEmpty)
        }

        @Test func `a name that is taken is refused`() async throws {
            let daemon = try OverTheSocket.daemon
            _ = try await daemon.identity("once")
            let again = try await daemon.run("identities", "create", "--name", "once", "--sponsor", "ada")
            #expect(again.code == 1 && again.errors.hasPrefix("latchkey: ") && again.output.isEmpty)
        }

        @Test(arguments: [
            ["--metadata", "novalue"], ["--metadata", "=x"], ["--metadata", "a=1", "--metadata", "a=2"], ["--org", "ö"], ["--org", ""],
        ])
        func `options that say nothing clear are usage`(options: [String]) async throws {
            let run = try await Tool.run(["identities", "create", "--name", "n", "--sponsor", "s", "--socket", "/nowhere"] + options)
            #expect(run.code == 2)
        }

        @Test func `names are text, whatever they hold, and no command`() async throws {
            let daemon = try OverTheSocket.daemon
            let created = try await daemon.identity("\"},{\\ & ?=% / ünï 日本")
            #expect(created.name == "\"},{\\ & ?=% / ünï 日本")
            let refused = try await daemon.run("identities", "create", "--name", "esc\u{1B}[2J\u{202E}", "--sponsor", "s")
            #expect(refused.code == 1)
            #expect(!refused.errors.contains("\u{1B}") && !refused.errors.contains("\u{202E}"))
        }
    }
}
