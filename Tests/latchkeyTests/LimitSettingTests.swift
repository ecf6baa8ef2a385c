import Testing

/// The limits as `serve --check-config` tells them.
@Suite(.timeLimit(.minutes(1))) struct LimitSettings {
    private struct Limits: Decodable, Equatable {
        let mints: Int
        let organisationTokens: Int
        let requests: Int

        private enum CodingKeys: String, CodingKey {
            case mints = "limit-api-key-mint-per-hour"
            case organisationTokens = "limit-org-token-mint-per-hour"
            case requests = "limit-requests-per-second"
        }
    }

    private func limits(_ options: [String] = [], _ environment: [String: String] = [:]) async throws -> Limits {
        try await Tool.run(["serve", "--check-config", "--json", "--state-dir", "s"] + options, environment: environment).json(Limits.self)
    }

    @Test func `have the contract's defaults, and are set by flag, environment and file`() async throws {
        let standard = try await limits()
        #expect(standard == Limits(mints: 60, organisationTokens: 10, requests: 0))
        let flags = try await limits([
            "--limit-api-key-mint-per-hour", "1", "--limit-org-token-mint-per-hour", "2", "--limit-requests-per-second", "3",
        ])
        #expect(flags == Limits(mints: 1, organisationTokens: 2, requests: 3))
        let environment = try await limits(
            [], ["LATCHKEY_LIMIT_ORG_TOKEN_MINT_PER_HOUR": "0", "LATCHKEY_LIMIT_REQUESTS_PER_SECOND": "100"])
        #expect(environment == Limits(mints: 60, organisationTokens: 0, requests: 100))
        try await ScratchDirectory.with { scratch in
            try scratch.write("LIMIT_ORG_TOKEN_MINT_PER_HOUR=7\nLIMIT_REQUESTS_PER_SECOND=8\n", to: "c")
            let file = try await limits(["--config", scratch["c"]])
            #expect(file == Limits(mints: 60, organisationTokens: 7, requests: 8))
        }
    }

    @Test(arguments: ["limit-org-token-mint-per-hour", "limit-requests-per-second"])
    func `that are no number refuse the start by name`(setting: String) async throws {
        for value in ["-1", "x", "1.5", "1000001", ""] {
            let run = try await Tool.run(["serve", "--check-config", "--state-dir", "s", "--\(setting)=\(value)"])
            #expect(run.code == 2 && run.output.isEmpty && run.errors.contains(setting), "\(value)")
        }
    }
}
