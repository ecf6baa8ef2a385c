import FoundationEssentials
import Glibc
import LatchkeyVerifier
import Testing

/// The anchor and the bundles, from the daemon to a verifier that has nothing else.
@Suite(.timeLimit(.minutes(2))) struct TrustCommands {
    private struct Bundle: Decodable {
        let sequence: Int
        let previous: String?
        let hash: String
        let verified: Bool
        let revokedTokens: Int
        let successions: Int
        let file: String?
    }

    private func lines(_ run: Tool.Run) -> [String: String] {
        Dictionary(
            run.lines.compactMap { line in
                let parts = line.split(separator: "\t", maxSplits: 1)
                return parts.count == 2 ? (String(parts[0]), String(parts[1])) : nil
            }, uniquingKeysWith: { first, _ in first })
    }

    @Test func `an anchor and a bundle are all that a verifier needs, and a new anchor is followed`() async throws {
        try await ScratchDirectory.with { scratch in
            _ = try await DaemonProcess.with(stateDirectory: scratch["state"]) { daemon in
                let (anchor, bundle) = (scratch["anchor.pem"], scratch["a.bundle"])
                let shown = try await daemon.run("anchor", "show", "--out", anchor)
                let held = try TrustAnchor(pem: Array(Data(contentsOf: URL(filePath: anchor))))
                #expect(shown.code == 0 && lines(shown)["fingerprint"] == held.fingerprint, "\(shown.errors)")
                #expect(lines(shown)["file"] == anchor)
                for name in ["anchor.pem"] { #expect(scratch.status(name).map { $0.st_mode & 0o777 } == 0o644) }
                let identity = try await daemon.identity("worker")
                let (good, dead) = (try await daemon.pair(identity.id), try await daemon.pair(identity.id))
                let first = try await daemon.run("bundle", "export", "--valid-for", "2h", "--out", bundle, "--json").json(Bundle.self)
                #expect(first.sequence == 1 && first.previous == nil && first.file == bundle && first.revokedTokens == 0)
                #expect(scratch.status("a.bundle").map { $0.st_mode & 0o777 } == 0o644)
                let claims = try await daemon.run("tokens", "introspect", "-", input: dead.accessToken).json(ClaimsAnswer.self)
                let revoked = try await daemon.run("tokens", "revoke", "--token", claims.jti)
                #expect(revoked.code == 0 && revoked.output == "revoked\t\(claims.jti)\n")
                #expect(revoked.errors.contains("still accepted by verifiers that have nothing but the JWKS"))
                #expect(revoked.errors.contains("still accepted by verifiers that hold trust bundle number 1, or an older one, until "))
                #expect(revoked.errors.contains("latchkey bundle export"))
                let succeeded = try await daemon.run("anchor", "succeed", "--yes")
                #expect(succeeded.code == 0 && lines(succeeded)["before it"]?.hasPrefix(held.fingerprint) == true)
                let second = try await daemon.run("bundle", "export", "--out", bundle)
                #expect(second.code == 0 && lines(second)["bundle"] == "number 2" && lines(second)["previous"] == first.hash)
                let status = try await daemon.run("status")
                #expect(lines(status)["trust bundles"]?.hasPrefix("2 in use; the newest is number 2, until ") == true)
                // Here nobody is asked.
                func verify(_ token: String) async throws -> Tool.Run {
                    try await Tool.run(["verify", "--anchor", anchor, "--bundle", bundle, "--audience", "relayfile", token])
                }
                let (taken, refused) = (try await verify(good.accessToken), try await verify(dead.accessToken))
                #expect(taken.code == 0, "\(taken.errors)")
                #expect(refused.code == 5 && refused.errors.contains("revoked"), "\(refused.errors)")
                let told = try await Tool.run(["bundle", "show", bundle, "--anchor", anchor])
                #expect(told.code == 0 && lines(told)["revoked tokens"] == "1", "\(told.errors)")
                #expect(lines(told)["signed by"]?.contains("which followed the anchor \(held.fingerprint)") == true)
                let json = try await Tool.run(["bundle", "show", bundle, "--anchor", anchor, "--json"]).json(Bundle.self)
                #expect(json.verified && json.successions == 1 && json.sequence == 2 && json.previous == first.hash)
                let unverified = try await Tool.run(["bundle", "show", bundle])
                #expect(unverified.code == 0 && lines(unverified)["signed by"]?.contains("not verified") == true)
            }
        }
    }

    @Test func `a bundle that is none, or another anchor's, is told by its reason`() async throws {
        try await ScratchDirectory.with { scratch in
            _ = try await DaemonProcess.with(stateDirectory: scratch["state"]) { daemon in
                let (anchor, bundle) = (scratch["anchor.pem"], scratch["a.bundle"])
                #expect(try await daemon.run("anchor", "show", "--out", anchor).code == 0)
                #expect(try await daemon.run("bundle", "export", "--out", bundle).code == 0)
                try scratch.write(try scratch.read("a.bundle").replacing("\"payload\"", with: "\"Payload\""), to: "b.bundle")
                let changed = try await Tool.run(["bundle", "show", scratch["b.bundle"]])
                #expect(changed.code == 5 && changed.errors.contains("bundle: ") && changed.output.isEmpty)
                try scratch.write(
                    "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n-----END PUBLIC KEY-----\n",
                    to: "other.pem")
                let other = try await Tool.run(["bundle", "show", bundle, "--anchor", scratch["other.pem"]])
                #expect(other.code == 5 && other.errors.contains("anchor: "), "\(other.errors)")
                let swapped = try await Tool.run(["bundle", "show", anchor, "--anchor", bundle])
                #expect(swapped.code == 5)
                let missing = try await Tool.run(["bundle", "show", scratch["nothing"]])
                #expect(missing.code == 1)
                for life in ["31d", "0s", "x"] {
                    let refused = try await daemon.run("bundle", "export", "--valid-for", life, "--out", scratch["c.bundle"])
                    #expect(refused.code == (life == "31d" ? 1 : 2), "\(life): \(refused.errors)")
                }
                #expect(scratch.status("c.bundle") == nil && !scratch.names.contains { $0.hasPrefix(".latchkey") })
            }
        }
    }

    @Test func `what a daemon of another make sends becomes no file`() async throws {
        try await ScratchDirectory.with { scratch in
            let run = try await FakeRun.of(["bundle", "export", "--out", scratch["a.bundle"]]) { _ in (200, #"{"payload":"x"}"#) }
            #expect(run.run.code == 1 && run.run.errors.contains("no trust bundle") && scratch.names.isEmpty)
            let anchor = try await FakeRun.of(["anchor", "show", "--out", scratch["a.pem"]]) { _ in (200, #"{"pem":"x","fingerprint":"y"}"#)
            }
            #expect(anchor.run.code == 1 && scratch.names.isEmpty)
        }
    }

    @Test(arguments: [
        (#"{"stillAcceptedBy":[]}"#, "nobody accepts it any more"),
        ("{}", "the daemon could not say"),
        (#"{"stillAcceptedBy":[{"who":"X","until":"T"}]}"#, "still accepted by X, until T"),
        (#"{"stillAcceptedBy":[{"who":"X","until":"T","sequence":3}]}"#, "latchkey bundle export --out FILE"),
    ])
    func `who may still accept it is said on standard error`(answer: String, words: String) async throws {
        let run = try await FakeRun.of(["tokens", "revoke", "--token", "t"]) { _ in (200, answer) }
        #expect(run.run.code == 0 && run.run.output == "revoked\tt\n" && run.run.errors.contains(words), "\(run.run.errors)")
        let json = try await FakeRun.of(["tokens", "revoke", "--token", "t", "--json"]) { _ in (200, answer) }
        #expect(json.run.code == 0 && json.run.output.hasPrefix(#"{"revoked":"t""#))
        #expect(json.run.output.contains("stillAcceptedBy") == answer.contains("stillAcceptedBy"))
    }

    @Test(arguments: [("succeed", true), ("yes", true), ("no", false)])
    func `a succession is confirmed at the terminal`(answer: String, isDone: Bool) async throws {
        let pem = "-----BEGIN PUBLIC KEY-----\\nMCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\\n-----END PUBLIC KEY-----\\n"
        let anchor = try TrustAnchor(pem: Array(pem.replacing("\\n", with: "\n").utf8))
        let shown = #"{"pem":"\#(pem)","fingerprint":"\#(anchor.fingerprint)","keyId":"\#(anchor.keyId)"}"#
        let run = try await FakeRun.of(["anchor", "succeed"], typing: answer) { _ in (200, shown) }
        #expect(run.run.output.contains("let a new trust anchor follow \(anchor.fingerprint)"))
        #expect(run.asked == ["GET /v1/admin/anchor"] + (isDone ? ["POST /v1/admin/anchor/succeed {}"] : []))
        #expect(run.run.code == (isDone ? 0 : 1))
    }
}
