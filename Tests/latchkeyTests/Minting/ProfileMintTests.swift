import Testing

extension OverTheSocket {
    @Suite struct ProfileMints {
        private static let profiles = """
            {"profiles":{"sage":{"description":"Makes agents","routes":["POST /v1/identities","GET /v1/identities","POST /v1/tokens/refresh"],
              "files":[{"path":"/docs/*","actions":["read"]}],"scopes":["relaycast:channel:send"]},
             "typo":{"routes":["POST /v1/identites"]},"own":{"routes":["POST /api/v1/keys"]},"nothing":{"routes":["GET /health"]},
             "plane":{"scopes":["relaycats:channel:send"]}}}
            """
        private static let sage = ["relayauth:identity:manage:*", "relayfile:fs:read:/docs/*", "relaycast:channel:send:*"]

        /// A mint, and the key of that name.
        private func mint(_ name: String, _ profile: String, _ options: String...) async throws -> (run: Tool.Run, key: KeyAnswer?) {
            try await ScratchDirectory.with { scratch in
                try scratch.write(Self.profiles, to: "p.json")
                let daemon = try OverTheSocket.daemon
                let run = try await Tool.run(
                    ["api-keys", "mint", "--name", name, "--profile", profile] + options,
                    environment: ["LATCHKEY_SOCKET": daemon.socket, "LATCHKEY_PROFILES_FILE": scratch["p.json"]])
                return (run, try await daemon.keys().first { $0.name == name })
            }
        }

        @Test func `a key gets the smallest scopes that keep its profile's promise`() async throws {
            try await ScratchDirectory.with { scratch in
                let (run, key) = try await mint("smallest", "sage", "--to-file", scratch["k"])
                #expect(run.code == 0 && run.errors.isEmpty, "\(run.errors)")
                #expect(key?.scopes == Self.sage)
                #expect(run.lines.contains("profile\tsage: all 5 promises kept"))
                #expect(run.lines.contains { $0.hasPrefix("can call\t") && $0.contains("/v1/identities, ") && $0.contains(" more") })
            }
        }

        @Test func `scopes that don't keep the promise are refused before anything is minted, with what they lack`() async throws {
            try await ScratchDirectory.with { scratch in
                let (run, key) = try await mint(
                    "unkept", "sage", "--scope", "relayauth:identity:read", "--scope", "relayfile:fs:read:/docs/a", "--to-file",
                    scratch["k"])
                #expect(run.code == 1 && run.output.isEmpty && key == nil && scratch.names.isEmpty)
                #expect(
                    run.errors == """
                        not kept: POST /v1/identities needs relayauth:identity:manage:*
                        not kept: read /docs/* needs relayfile:fs:read:/docs/*
                        not kept: relaycast:channel:send:* needs relaycast:channel:send:*
                        latchkey: these scopes don't keep 3 promises of the profile sage; nothing was minted
                        hint: leave the scopes to the profile, or mint all the same with --allow-unmet

                        """)
            }
        }

        @Test func `with --allow-unmet they are minted, and what they lack is told all the same`() async throws {
            try await ScratchDirectory.with { scratch in
                let (run, key) = try await mint(
                    "unmet", "sage", "--template", "files-reader", "--scope", "relayauth:identity:manage", "--allow-unmet", "--to-file",
                    scratch["k"])
                #expect(run.code == 0 && key?.scopes == ["relayauth:identity:manage:*", "relayfile:fs:read:*"])
                #expect(run.errors == "not kept: relaycast:channel:send:* needs relaycast:channel:send:*\n")
                #expect(run.lines.contains("profile\tsage: 1 of 5 promises not kept"))
            }
        }

        @Test func `scopes that keep the promise are minted as they are`() async throws {
            let (run, key) = try await mint("wider", "sage", "--scope", "*", "--print-key")
            #expect(run.code == 0 && run.output.utf8.count == 53 && key?.scopes == ["*:*:*:*"])
            #expect(run.errors.contains("sage: all 5 promises kept") && run.errors.contains(" routes of this API that need a scope"))
        }

        @Test(arguments: [
            ("typo", 1, #"POST /v1/identites is no route of this API; did you mean "POST /v1/identities"?"#),
            ("own", 1, "POST /api/v1/keys can be called for an identity alone"), ("nothing", 1, "can be done without an API key"),
            ("plane", 1, "unknown plane \"relaycats\""), ("plane", 1, "did you mean \"relaycast:channel:send:*\"?"),
            ("saeg", 2, "did you mean sage?"), ("other", 2, "there are: sage, typo, own, nothing, plane"),
        ])
        func `a profile that can't be kept, or that is not there, mints nothing`(profile: String, code: Int32, says: String) async throws {
            let (run, key) = try await mint("odd \(profile)", profile, "--print-key")
            #expect(run.code == code && run.output.isEmpty && key == nil)
            #expect(run.errors.contains(says), "\(run.errors)")
        }

        @Test func `a rehearsal has a verdict on each promise`() async throws {
            let good = try await mint("rehearsed", "sage", "--dry-run")
            #expect(
                good.run.code == 0 && good.key == nil && good.run.output.contains("✓ \"promise: POST /v1/identities\"\n"), "\(good.run)")
            let bad = try await mint("rehearsed", "sage", "--scope", "relayauth:identity:manage", "--dry-run")
            #expect(bad.run.code == 1 && bad.run.output.contains("✗ \"promise: read /docs/*\": needs relayfile:fs:read:/docs/*\n"))
            let accepted = try await mint("rehearsed", "sage", "--scope", "relayauth:identity:manage", "--allow-unmet", "--dry-run")
            let unkept = "✗ \"promise: read /docs/*\": needs relayfile:fs:read:/docs/*"
            #expect(accepted.run.code == 0 && accepted.run.output.contains(unkept + "; accepted\n"), "\(accepted.run)")
            #expect(bad.run.output.contains(unkept + "\n"))
        }

        @Test(arguments: [true, false])
        func `a rehearsal's document says of what is not kept whether that is accepted`(isAccepted: Bool) async throws {
            let options = ["--scope", "relayauth:identity:manage", "--dry-run", "--json"] + (isAccepted ? ["--allow-unmet"] : [])
            try await ScratchDirectory.with { scratch in
                try scratch.write(Self.profiles, to: "p.json")
                let run = try await Tool.run(
                    ["api-keys", "mint", "--name", "rehearsed", "--profile", "sage", "--profiles-file", scratch["p.json"]] + options,
                    environment: ["LATCHKEY_SOCKET": OverTheSocket.daemon.socket])
                let answer = try run.json(OverTheSocket.Rehearsals.Answer.self)
                #expect(answer.allowed == isAccepted && run.code == (isAccepted ? 0 : 1))
                let unkept = answer.verdicts.filter { !$0.allowed }
                #expect(unkept.count == 2 && unkept.allSatisfy { $0.accepted == isAccepted && $0.reason != nil })
                #expect(answer.verdicts.allSatisfy { !$0.allowed || $0.accepted == nil })
            }
        }

        @Test func `a key of the template key-manager mints by a profile over the network`() async throws {
            try await ScratchDirectory.with { scratch in
                let daemon = try OverTheSocket.daemon
                try scratch.write(Self.profiles, to: "p.json")
                let manager = ["api-keys", "mint", "--name", "manager", "--template", "key-manager", "--to-file", scratch["manager"]]
                let made = try await Tool.run(
                    manager + Self.sage.flatMap { ["--scope", $0] }, environment: ["LATCHKEY_SOCKET": daemon.socket])
                #expect(made.code == 0, "\(made.errors)")
                let run = try await Tool.run([
                    "api-keys", "mint", "--name", "managed", "--profile", "sage", "--profiles-file", scratch["p.json"], "--to-file",
                    scratch["k"], "--url", daemon.url, "--api-key-file", scratch["manager"],
                ])
                #expect(run.code == 0 && run.errors.isEmpty, "\(run.errors)")
                #expect(try await daemon.keys().first { $0.name == "managed" }?.scopes == Self.sage)
            }
        }

        @Test(arguments: [
            ["--scope", "*", "--profiles-file", "/p"], ["--scope", "*", "--allow-unmet"], ["--profile", "sage", "--allow-unmet"],
            ["--profile", "sage", "--profiles-file", "/nowhere/at/all"],
        ])
        func `options that don't go together, and a file that is not there, are usage`(options: [String]) async throws {
            let run = try await Tool.run(["api-keys", "mint", "--name", "n", "--print-key", "--socket", "/nowhere"] + options)
            #expect(run.code == 2 && run.output.isEmpty, "\(run.errors)")
        }

        @Test func `the packaged profiles are shown with what they take, and their keys can call what they promise`() async throws {
            struct Shown: Decodable {
                struct Promised: Decodable {
                    let promise: String
                    let scopes: [String]
                }
                let name: String
                let description: String?
                let promises: [Promised]
                let scopes: [String]
            }
            let daemon = try OverTheSocket.daemon
            let file = Fixture.path("../packaging/profiles.json")
            let shown = try await daemon.run("scopes", "profiles", "--profiles-file", file, "--json").json(ListAnswer<Shown>.self).data
            #expect(shown.map(\.name).contains("sage") && shown.count >= 4)
            let rows = try await daemon.run("scopes", "profiles", "--profiles-file", file).lines
            #expect(rows.count == shown.map(\.promises.count).reduce(0, +))
            #expect(
                rows.first == "sage\tPOST /v1/identities\trelayauth:identity:manage:*" && rows.contains("gateway\tGET /v1/revocations\t-"))
            for profile in shown {
                #expect(profile.description?.isEmpty == false)
                let one = try await daemon.run("scopes", "profile", profile.name, "--profiles-file", file)
                #expect(one.lines.last == "scopes\t" + profile.scopes.joined(separator: " "))
                let minted = try await daemon.run(
                    "api-keys", "mint", "--name", "packaged", "--profile", profile.name, "--profiles-file", file, "--print-key", "--json"
                ).json(MintAnswer.self)
                #expect(minted.apiKey.scopes == profile.scopes)
                for promised in profile.promises where promised.promise.contains(" /v1/") && !promised.scopes.isEmpty {
                    #expect(try await daemon.run("api-keys", "can", minted.apiKey.id, promised.promise).code == 0)
                }
            }
        }

        @Test func `without a profile, too, the output says what a key can call`() async throws {
            try await ScratchDirectory.with { scratch in
                let daemon = try OverTheSocket.daemon
                let foreign = try await daemon.run(
                    "api-keys", "mint", "--name", "n", "--scope", "relaycast:channel:send", "--to-file", scratch["a"])
                #expect(foreign.lines.contains("can call\tno route of this API"), "\(foreign.output)")
                let auditor = try await daemon.run(
                    "api-keys", "mint", "--name", "n", "--scope", "relayauth:scope:read", "--to-file", scratch["b"])
                #expect(
                    auditor.lines.contains(
                        "can call\tPOST /v1/scopes/validate, GET /v1/scopes/templates, POST /v1/scopes/check, and 1 more"))
            }
        }
    }
}
