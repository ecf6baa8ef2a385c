import ArgumentParser
import LatchkeyVerifier

struct RefreshToken: AsyncCommand {
    static let configuration = CommandConfiguration(
        commandName: "refresh",
        abstract: "Trade a refresh token for a new pair: the access token on the first line, the refresh token on the second.",
        discussion: """
            latchkey tokens refresh - < refresh-token
            latchkey tokens refresh --json - < refresh-token

            A refresh token works once; the new one takes its place.
            """
    )

    @OptionGroup var input: SecretInput
    @OptionGroup var daemon: DaemonOptions

    func run() async throws {
        let token = try input.read()
        let document = try await DaemonClient.with(daemon, isPublic: true) { client in
            try await client.post("/v1/tokens/refresh") { $0.member("refreshToken", secret: token) }
        }
        try TokenOutput(document).print(["accessToken", "refreshToken"], json: daemon.json)
    }
}
