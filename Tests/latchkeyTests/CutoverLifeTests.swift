import FoundationEssentials
import LatchkeyCrypto
import Subprocess
import Testing

/// A cutover from its first phase to its last, with the real executable, as an operator walks it.
@Suite(.timeLimit(.minutes(2))) struct CutoverLife {
    private struct StatusAnswer: Decodable { let orgId: String }

    /// The algorithm in a token's header.
    private func algorithm(of token: String) throws -> String? {
        let header = try #require(Base64URL.decode(String(token.prefix { $0 != "." })))
        return try JSONDecoder().decode([String: String].self, from: Data(header))["alg"]
    }

    @Test func `each phase signs and verifies what it says, survives a restart, and the secret stays inside`() async throws {
        try await ScratchDirectory.with { scratch in
            let first = try await DaemonProcess.with(stateDirectory: scratch["state"]) { daemon in try await begin(daemon) }
            let second = try await DaemonProcess.with(stateDirectory: scratch["state"]) { daemon in
                try await end(daemon, agent: first.value.agent, old: first.value.issuer)
            }
            #expect(first.status == .exited(0) && second.status == .exited(0))
            var search = SecretSearch()
            search.add("the legacy secret", bytes: Array(OldIssuer.secret.utf8))
            #expect(search.found(in: Array((first.log + second.log).joined(separator: "\n").utf8)) == [])
            for file in try FileManager.default.contentsOfDirectory(atPath: scratch["state/store"]) {
                let bytes = try Array(Data(contentsOf: URL(filePath: scratch["state/store/\(file)"])))
                #expect(search.found(in: bytes) == [], "in \(file)")
            }
        }
    }

    /// To `published`, and a little further than allowed.
    private func begin(_ daemon: DaemonProcess) async throws -> (agent: String, issuer: OldIssuer) {
        let issuer = OldIssuer(organisation: try await daemon.run("status", "--json").json(StatusAnswer.self).orgId)
        let agent = try await daemon.identity("walker").id
        #expect(try await daemon.run("cutover", "status").output.hasPrefix("phase\tnone\n"))
        #expect(try await daemon.run("tokens", "validate", input: issuer.token()).code == 1)
        let imported = try await Tool.run(
            OldIssuer.importCommand, input: OldIssuer.secret + "\n", environment: ["LATCHKEY_SOCKET": daemon.socket])
        #expect(imported.code == 0 && imported.output.hasPrefix("phase\tlegacy\n"), "\(imported.errors)")
        let again = try await Tool.run(OldIssuer.importCommand, input: OldIssuer.secret, environment: ["LATCHKEY_SOCKET": daemon.socket])
        #expect(again.code == 1 && !again.errors.contains(OldIssuer.secret))
        #expect(try await algorithm(of: daemon.pair(agent).accessToken) == "HS256")
        #expect(try await daemon.run("tokens", "validate", input: issuer.token()).code == 0)
        #expect(try await daemon.run("tokens", "validate", input: issuer.token(algorithm: "HS512")).code == 1)
        #expect(try await daemon.run("signing-keys", "rotate", "--now", "--yes").code == 1)

        let look = try await daemon.run("cutover", "advance", "--dry-run")
        #expect(look.code == 0 && look.output.hasPrefix("from legacy to published\n✓ probe: "), "\(look.errors)")
        let published = try await daemon.run("cutover", "advance", "--to", "published", "--yes")
        #expect(published.code == 0 && published.output.contains("was\tlegacy\nstands in\tpublished\n"), "\(published.errors)")
        #expect(published.output.contains("\n✓ fetch: "))
        let there = try await daemon.run("cutover", "advance", "--to", "published", "--yes")
        #expect(there.code == 0 && there.output == "the cutover stands in published already; nothing was done\n")
        #expect(try await daemon.run("cutover", "verifiers", "add", "gateway", "--accepts", "hs256").code == 0)
        let refused = try await daemon.run("cutover", "advance", "--yes")
        #expect(refused.code == 1 && refused.output.contains("✗ public: ") && refused.output.contains("✗ verifiers: "))
        #expect(try await daemon.run("cutover", "status").output.hasPrefix("phase\tpublished\n"))
        return (agent, issuer)
    }

    /// From `published` on, over every gate.
    private func end(_ daemon: DaemonProcess, agent: String, old: OldIssuer) async throws {
        #expect(try await daemon.run("cutover", "status").output.contains("verifier\tgateway accepts HS256\n"))
        let before = try await daemon.pair(agent).accessToken
        #expect(try algorithm(of: before) == "HS256")
        let cutover = try await daemon.run("cutover", "advance", "--yes", "--override", "the gateway was replaced")
        #expect(cutover.code == 0 && cutover.output.contains("overridden because\tthe gateway was replaced\n"), "\(cutover.errors)")
        let after = try await daemon.pair(agent).accessToken
        #expect(try algorithm(of: after) == "RS256")
        for token in [before, after, try old.token()] { #expect(try await daemon.run("tokens", "validate", input: token).code == 0) }

        #expect(try await daemon.run("cutover", "rollback", "--yes").code == 0)
        #expect(try await algorithm(of: daemon.pair(agent).accessToken) == "HS256")
        #expect(try await daemon.run("cutover", "advance", "--yes", "--override", "on again").code == 0)
        let status = try await daemon.run("cutover", "status").output
        #expect(status.contains("presented by\tagent_old from ") && status.contains("gate\t✗ unexpired: "))
        #expect(try await daemon.run("cutover", "advance", "--yes").code == 1)
        #expect(try await daemon.run("cutover", "advance", "--yes", "--override", "nobody is left").code == 0)
        #expect(try await daemon.run("tokens", "validate", input: old.token()).code == 1)
        #expect(try await daemon.run("tokens", "validate", input: before).code == 1)
        #expect(try await daemon.run("tokens", "validate", input: after).code == 0)

        #expect(try await daemon.run("cutover", "purge", "--yes").code == 1)
        let purged = try await daemon.run("cutover", "purge", "--yes", "--override", "the test ends")
        #expect(purged.code == 0 && purged.output.contains("stands in\tpurged\n"), "\(purged.errors)")
        #expect(try await daemon.run("cutover", "rollback", "--yes").code == 1)
        #expect(try await daemon.run("tokens", "validate", input: after).code == 0)
        #expect(try await daemon.run("status").output.contains("cutover\tpurged since "))
    }
}
