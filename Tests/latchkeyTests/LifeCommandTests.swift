import Testing

/// Identities through their life, from the command line.
extension OverTheSocket {
    @Suite struct LifeCommands {
        private func facts(_ run: Tool.Run) -> [String: String] {
            let pairs = run.lines.compactMap { line -> (String, String)? in
                let parts = line.split(separator: "\t", maxSplits: 1).map(String.init)
                return parts.count == 2 ? (parts[0], parts[1]) : nil
            }
            return Dictionary(pairs) { first, _ in first }
        }

        @Test func `an identity is changed, suspended, reactivated, retired and deleted`() async throws {
            let daemon = try OverTheSocket.daemon
            let id = try await daemon.identity("lives").id
            let updated = try await daemon.run(
                "identities", "update", id, "--name", "lives on", "--type", "service", "--scope", "cloud:job:run", "--metadata", "a=b")
            #expect(updated.code == 0, "\(updated.errors)")
            let told = facts(updated)
            #expect(
                told["name"] == "lives on" && told["type"] == "service" && told["scopes"] == "cloud:job:run:*" && told["metadata"] == "a=b")
            #expect(facts(try await daemon.run("identities", "update", id, "--no-scopes"))["scopes"] == nil)
            let token = try await daemon.pair(id).accessToken
            let suspended = facts(try await daemon.run("identities", "suspend", id, "--reason", "acts strangely"))
            #expect(suspended["status"] == "suspended" && suspended["reason"] == "acts strangely")
            #expect(try await daemon.run("tokens", "validate", input: token).code == 1)
            #expect(try await daemon.run("identities", "suspend", id, "--reason", "again").code == 1)
            #expect(facts(try await daemon.run("identities", "reactivate", id))["status"] == "active")
            #expect(try await daemon.run("tokens", "validate", input: token).code == 1)
            #expect(facts(try await daemon.run("identities", "retire", id, "--reason", "done"))["status"] == "retired")
            let deleted = try await daemon.run("identities", "delete", id, "--yes")
            #expect(deleted.code == 0 && deleted.output == "deleted\t\(id)\n")
            #expect(try await daemon.run("identities", "show", id).code == 1)
        }

        @Test func `a sub-agent has a token of its own, and goes with its parent`() async throws {
            let daemon = try OverTheSocket.daemon
            let parent = try await daemon.identity("parent").id
            let made = try await daemon.run(
                "identities", "sub-agents", "create", parent, "--name", "child", "--scope", "relayfile:fs:read:/docs/a", "--expires-in",
                "60")
            #expect(made.code == 0 && made.output.split(separator: ".").count == 3 && made.lines.count == 1, "\(made.errors)")
            let claims = try await daemon.run("tokens", "introspect", input: made.output).json(ClaimsAnswer.self)
            #expect(claims.scopes == ["relayfile:fs:read:/docs/a"] && claims.exp - claims.iat == 60 && made.errors.contains(claims.sub))
            let listed = try await daemon.run("identities", "sub-agents", "list", parent)
            #expect(listed.lines.count == 1 && listed.output.hasPrefix(claims.sub + "\tchild\t"))
            #expect(try await daemon.run("identities", "delete", parent, "--yes", "--json").output == "{\"deleted\":\"\(parent)\"}\n")
            #expect(try await daemon.run("tokens", "introspect", input: made.output).code == 1)
        }

        @Test func `live tokens are listed, and a token is judged with the scopes it needs`() async throws {
            let daemon = try OverTheSocket.daemon
            let id = try await daemon.identity("judged").id
            let token = try await daemon.pair(id).accessToken
            let valid = try await daemon.run("tokens", "validate", "--require", "relayfile:fs:read:/docs/a", input: token)
            let claims = try valid.json(ClaimsAnswer.self)
            #expect(valid.code == 0 && claims.sub == id)
            let listed = try await daemon.run("tokens", "list", "--identity", id)
            #expect(listed.lines.count == 1 && listed.output.hasPrefix("\(claims.jti)\t\(claims.sid)\t"))
            let lacking = try await daemon.run("tokens", "validate", "--require", "cloud:job:run", input: token)
            #expect(lacking.code == 1 && lacking.output.isEmpty && lacking.errors.contains("the token lacks cloud:job:run"))
        }

        @Test func `scopes are judged, checked, explained and offered`() async throws {
            let daemon = try OverTheSocket.daemon
            let id = try await daemon.identity("scoped", scopes: ["relayfile:fs:read:/docs/*", "relayauth:identity:read"]).id
            #expect(facts(try await daemon.run("scopes", "validate", "relayfile:fs:read"))["scope"] == "relayfile:fs:read:*")
            let slip = try await daemon.run("scopes", "validate", "relayfile:fs:raed")
            #expect(slip.code == 1 && slip.errors.contains("did you mean"))
            let allowed = try await daemon.run("scopes", "check", "--identity", id, "relayfile:fs:read:/docs/a")
            #expect(allowed.code == 0 && allowed.output == "allowed\n" && allowed.errors.contains("relayfile:fs:read:/docs/*"))
            let denied = try await daemon.run("scopes", "check", "--identity", id, "relayfile:fs:read:/docsets")
            #expect(denied.code == 1 && denied.output == "denied\n")
            let explained = try await daemon.run("scopes", "explain", "--identity", id).lines
            #expect(explained.contains { $0.hasPrefix("✓\tGET\t/v1/identities\t-\t") })
            #expect(explained.contains { $0.hasPrefix("✗\tPOST\t/v1/identities\trelayauth:identity:manage:*\t") })
            #expect(try await daemon.run("scopes", "templates").lines.count > 1)
        }

        @Test func `a caller asks about itself`() async throws {
            try await ScratchDirectory.with { scratch in
                let daemon = try OverTheSocket.daemon
                _ = try await daemon.run(
                    "api-keys", "mint", "--name", "asks", "--scope", "relayfile:fs:read:/docs/*", "--to-file", scratch["k"])
                let way = ["--url", daemon.url, "--api-key-file", scratch["k"]]
                let cases: [([String], Int32, String)] = [
                    (["relayfile:fs:read:/docs/a"], 0, "allowed\n"), (["relayfile:fs:write:/docs/a"], 1, "denied\n"),
                    (["--file-path", "/docs/a b:c", "--action", "read"], 0, "allowed\n"),
                    (["--file-path", "/docs/../x", "--action", "read"], 1, ""), (["--file-path", "/x", "--action", "read"], 1, "denied\n"),
                ]
                for (question, code, output) in cases {
                    let run = try await Tool.run(["authorize"] + question + way)
                    #expect(run.code == code && run.output == output, "\(question): \(run.errors)")
                }
            }
        }
    }
}
