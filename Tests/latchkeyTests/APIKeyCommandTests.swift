import Testing

extension OverTheSocket {
    @Suite struct APIKeyCommands {
        @Test func `a key is shown, revoked with a reason, and stays listed`() async throws {
            let daemon = try OverTheSocket.daemon
            let minted = try await daemon.run("api-keys", "mint", "--name", "short-lived", "--scope", "*", "--print-key", "--json").json(
                MintAnswer.self)
            let shown = try await daemon.run("api-keys", "show", minted.apiKey.id)
            #expect(shown.code == 0 && shown.output.contains("name\tshort-lived\n") && shown.output.contains("state\tactive\n"))
            let revoked = try await daemon.run("api-keys", "revoke", minted.apiKey.id, "--reason", "found in a log", "--json")
            #expect(try revoked.json(KeyAnswer.self).revoked)
            let rows = try await daemon.run("api-keys", "list").lines.map { $0.split(separator: "\t") }
            let row = try #require(rows.first { $0[0] == minted.apiKey.id })
            #expect(row.count == 8 && row[2] == "short-lived" && row[3] == "revoked" && row[7] == "*:*:*:*")
        }

        @Test func `a key that does not exist is refused with the daemon's own sentence`() async throws {
            for command in ["show", "revoke"] {
                let run = try await OverTheSocket.daemon.run("api-keys", command, "ak_../../v1/admin/status?x=y#z")
                #expect(run.code == 1)
                #expect(run.errors.hasPrefix("latchkey: ") && run.output.isEmpty)
            }
        }

        @Test func `a list follows its pages to the end, or to the limit`() async throws {
            try await ScratchDirectory.with { scratch in
                _ = try await DaemonProcess.with(stateDirectory: scratch["state"]) { daemon in
                    let script =
                        "for i in $(seq 103); do \"$0\" identities create --name n$i --sponsor ada > /dev/null || exit 1; done; \"$0\" \"$@\""
                    let all = try await daemon.run("identities", "list", shell: script)
                    #expect(all.lines.count == 103, "\(all.errors)")
                    #expect(Set(all.lines).count == 103 && all.lines.first?.contains("\tn103\t") == true)
                    #expect(try await daemon.run("identities", "list", "--json").json(ListAnswer<IdentityAnswer>.self).data.count == 103)
                    #expect(try await daemon.run("identities", "list", "--limit", "101").lines.count == 101)
                    #expect(try await daemon.run("identities", "list", "--limit", "0").code == 2)
                }
            }
        }

        @Test func `a reader that goes away ends the listing quietly`() async throws {
            let daemon = try OverTheSocket.daemon
            _ = try await daemon.identity("for the pipe")
            let run = try await daemon.run("identities", "list", shell: "{ \"$0\" \"$@\"; echo $? >&2; } | exec true")
            #expect(run.errors == "1\n" || run.errors == "0\n")
        }
    }
}
