import FoundationEssentials
import Testing

/// Signing keys, the seal and the clock with the real executable, on an install of their own.
@Suite(.timeLimit(.minutes(2))) struct KeyRingLife {
    private struct RingAnswer: Decodable {
        struct Key: Decodable {
            let keyId: String
            let status: String
        }
        let keys: [Key]

        func id(_ status: String) -> String? { keys.first { $0.status == status }?.keyId }
    }

    private func ring(_ daemon: DaemonProcess) async throws -> RingAnswer {
        try await daemon.run("signing-keys", "list", "--json").json(RingAnswer.self)
    }

    @Test func `keys are rotated, revoked, imported and explained`() async throws {
        try await ScratchDirectory.with { scratch in
            _ = try await DaemonProcess.with(stateDirectory: scratch["state"]) { daemon in
                let (signer, standby) = try await (#require(ring(daemon).id("active")), #require(ring(daemon).id("standby")))
                let agent = try await daemon.identity("signed").id
                let token = try await daemon.pair(agent).accessToken
                let young = try await daemon.run("signing-keys", "rotate", "--yes")
                #expect(young.code == 1 && young.errors.contains("before that with --now"), "\(young.errors)")
                let rotated = try await daemon.run("signing-keys", "rotate", "--now", "--yes")
                #expect(
                    rotated.code == 0 && rotated.output.contains("signs now\t\(standby)\nverifies only\t\(signer)\n"), "\(rotated.errors)")
                #expect(rotated.output.contains("not yet accepted by\t") && !rotated.output.contains("nobody:"))
                #expect(try await daemon.run("tokens", "validate", input: token).code == 0)

                let explained = try await daemon.run("signing-keys", "explain")
                #expect(
                    explained.code == 0 && explained.lines.contains { $0.hasPrefix(signer.prefix(8) + " grace ") }, "\(explained.output)")
                #expect(explained.output.contains("\n\(standby) signs now.\n") && explained.output.contains(" (in "))

                let revoked = try await daemon.run("signing-keys", "revoke", signer, "--reason", "a test", "--yes")
                #expect(revoked.code == 0 && revoked.output.hasPrefix("revoked\t\(signer)\n"), "\(revoked.errors)")
                #expect(
                    revoked.output.contains("outstanding tokens\t1; the last one ends ") && revoked.output.contains("still accepted by\t"))
                #expect(try await daemon.run("tokens", "validate", input: token).code == 1)
                #expect(try await !daemon.run("jwks").output.contains(signer))
                let again = try await daemon.run("signing-keys", "revoke", signer, "--reason", "a test", "--yes")
                #expect(again.code == 0 && again.output.contains("had been revoked before; nothing was done now"))

                let key = Fixture.path("crypto/rsa2048-pkcs8.pem")
                let imported = try await daemon.run("signing-keys", "import", key)
                #expect(imported.code == 0, "\(imported.errors)")
                let own = try #require(try await ring(daemon).id("standby"))
                #expect(imported.output.contains("imported\t\(own)\nstatus\tstandby\n"))
                let exported = try await daemon.run("signing-keys", "export-public", own)
                #expect(exported.output == (try Fixture.text("crypto/rsa2048-public.pem")))

                let all = try await daemon.run("signing-keys", "revoke", "--all", "--reason", "a test", "--yes")
                #expect(all.code == 0 && all.output.contains("revoked\t\(own)\n") && all.output.contains("revoked\t\(standby)\n"))
                #expect(all.output.contains("must fetch the JWKS"))
                let fresh = try await daemon.pair(agent).accessToken
                #expect(try await daemon.run("tokens", "validate", input: fresh).code == 0)
            }
        }
    }

    @Test func `a key of the network's side may look at the ring, and only that`() async throws {
        try await ScratchDirectory.with { scratch in
            _ = try await DaemonProcess.with(stateDirectory: scratch["state"]) { daemon in
                _ = try await daemon.run(
                    "api-keys", "mint", "--name", "looks", "--scope", "relayauth:admin:read", "--to-file", scratch["k"])
                let way = ["--url", daemon.url, "--api-key-file", scratch["k"]]
                let listed = try await Tool.run(["signing-keys", "list"] + way)
                #expect(listed.code == 0 && listed.lines.count == 2, "\(listed.errors)")
                #expect(try await Tool.run(["signing-keys", "rotate", "--yes"] + way).code == 2)
            }
        }
    }

    @Test func `a new master key is in force at once and after a restart; the clock needs no word`() async throws {
        try await ScratchDirectory.with { scratch in
            let old = try await DaemonProcess.with(stateDirectory: scratch["state"]) { daemon in
                let before = try scratch.read("state/master.key")
                #expect(try await daemon.run("seal", "status").output.hasPrefix("seal\topen\n"))
                let run = try await daemon.run("seal", "rewrap", "--yes")
                #expect(
                    run.code == 0 && run.output.contains("next\tmake a new backup, then destroy the old master key: shred -u "),
                    "\(run.errors)")
                #expect(try scratch.read("state/master.key") != before)
                #expect(run.output.contains("old master key\t\(scratch["state"])/master.key.old\n"))
                #expect(try scratch.read("state/master.key.old") == before)
                #expect(try await daemon.run("seal", "rewrap", "--give-up-old", "it is not lost", "--yes").code == 1)
                let clock = try await daemon.run("clock", "accept", "--yes")
                #expect(clock.code == 0 && clock.output.contains("clock\tit was trusted before; nothing was changed\n"), "\(clock.errors)")
                return before
            }
            try FileManager.default.removeItem(atPath: scratch["state/master.key.old"])
            _ = try await DaemonProcess.with(stateDirectory: scratch["state"]) { daemon in
                #expect(try await daemon.run("seal", "status").output.hasPrefix("seal\topen\n"))
                let agent = try await daemon.identity("after").id
                #expect(try await daemon.run("tokens", "issue", "--identity", agent).code == 0)
                #expect(!daemon.log.lines.joined().contains(old.value.dropLast()))
            }
        }
    }
}
