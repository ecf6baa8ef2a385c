import Testing

/// Routes that no scope opens, as the daemon declares them: it may have others than this executable.
@Suite(.timeLimit(.minutes(1))) struct IdentityRoutes {
    /// What a daemon says of a route that this executable doesn't have.
    private func run(_ arguments: [String], needsIdentity: Bool = true, kind: String = "service") async throws -> Tool.Run {
        let need = needsIdentity ? #","needsIdentity":true"# : ""
        let routes = #"{"scopes":[],"routes":[{"method":"POST","path":"/v9/mine","summary":"s","allowed":true,"required":[]\#(need)}]}"#
        let holder = #"{"id":"x_1","kind":"\#(kind)","scopes":["relaycast:channel:send:*"],"revoked":false}"#
        return try await FakeRun.of(arguments) { asked in (200, asked.hasPrefix("POST /v1/scopes/explain") ? routes : holder) }.run
    }

    private static let can = ["api-keys", "can", "x_1", "POST /v9/mine"]

    @Test func `a service's key can't call one, whatever its scopes`() async throws {
        let denied = try await run(Self.can)
        #expect(denied.code == 1 && denied.output == "denied\n" && denied.errors.contains("it acts for no identity"))
        let json = try await run(Self.can + ["--json"])
        #expect(json.output.contains(#""allowed":false"#) && json.output.contains(#""needsIdentity":true"#))
        #expect(try await run(Self.can, needsIdentity: false).code == 0)
    }

    @Test func `a self-service key can, on a condition that is told in both forms`() async throws {
        let condition = "as long as its identity is active and holds the same"
        let text = try await run(Self.can, kind: "self_service")
        #expect(text.code == 0 && text.output == "allowed\n" && text.errors == condition + "\n")
        let json = try await run(Self.can + ["--json"], kind: "self_service")
        #expect(json.code == 0 && json.output.contains(#""allowed":true,"condition":"\#(condition)""#), "\(json.output)")
        let service = try await run(Self.can + ["--json"], needsIdentity: false)
        #expect(service.code == 0 && !service.output.contains("condition"))
    }

    @Test(arguments: [
        (["--scope", "*"], "service", false), (["--api-key", "x_1"], "service", false), (["--api-key", "x_1"], "org_token", false),
        (["--api-key", "x_1"], "self_service", true), (["--identity", "x_1"], "", true),
    ])
    func `an explanation says who can call one`(holder: [String], kind: String, isAllowed: Bool) async throws {
        let row = isAllowed ? "✓\tPOST\t/v9/mine\t-\ts" : "✗\tPOST\t/v9/mine\tan identity\ts"
        #expect(try await run(["scopes", "explain"] + holder, kind: kind).lines == [row])
        #expect(try await run(["scopes", "explain"] + holder, needsIdentity: false, kind: kind).lines == ["✓\tPOST\t/v9/mine\t-\ts"])
    }

    @Test func `a profile can't promise one`() async throws {
        try await ScratchDirectory.with { scratch in
            try scratch.write(#"{"profiles":{"mine":{"routes":["POST /v9/mine"]}}}"#, to: "p.json")
            let arguments = ["scopes", "profile", "mine", "--profiles-file", scratch["p.json"]]
            let refused = try await run(arguments)
            #expect(refused.code == 1 && refused.errors.contains("POST /v9/mine can be called for an identity alone"), "\(refused.errors)")
            #expect(try await run(arguments, needsIdentity: false).code == 0)
        }
    }
}
