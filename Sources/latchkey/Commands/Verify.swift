import ArgumentParser
import LatchkeyVerifier

struct Verify: AsyncCommand {
    static let configuration = CommandConfiguration(
        abstract: "Verify access tokens with files and nothing else: no daemon, no network.",
        discussion: """
            latchkey verify --anchor anchor.pem --bundle site.bundle --state verify.state --audience relayfile - < token
            latchkey verify --jwks jwks.json --issuer https://keys.example --scope relayfile:fs:read:/docs/a - < token

            Prints the token's claims and ends with 0 when it is good, with 5 and the reason when it is not. With - it takes one token a \
            line for as long as they come, answers each with one line, in order, and ends with 5 when any was not good.

            Reasons: \(VerificationError.Reason.allCases.map(\.rawValue).joined(separator: " ")).
            """
    )

    @OptionGroup var trust: TrustOptions

    @Option(help: ArgumentHelp("The issuer that the token must come from (default: the bundle's; with --jwks any).", valueName: "url"))
    var issuer: String?

    @Option(help: ArgumentHelp("The audience that the token must be for (default: any).", valueName: "name"))
    var audience: String?

    @Option(help: ArgumentHelp("A scope that the token must hold; may be repeated.", valueName: "scope"))
    var scope: [String] = []

    @Flag(help: "Print JSON when the token is not good, too; with - that is always so.")
    var json = false

    @Argument(help: ArgumentHelp("The token, or - for tokens on standard input, one a line.", valueName: "token|-"))
    var token: String

    func run() async throws {
        do {
            let now = SystemClock().now()
            let policy = TokenPolicy(issuer: issuer, audiences: audience.map { [$0] })
            let check = TokenCheck(verifier: try trust.verifier(policy, at: now), scopes: scope)
            guard token != "-" else { return try await stream(check) }
            try Output.json(check.claims(of: token, at: now).json())
        } catch let error as VerificationError {
            if json { try Output.json(TokenCheck.verdict(error)) }
            throw Self.failure(error)
        }
    }

    private func stream(_ check: TokenCheck) async throws {
        let tally = try await TokenStream(check: check).run()
        guard tally.count > 0 else {
            throw CommandFailure(.unverified, "malformed: no token came on standard input")
        }
        guard let last = tally.last else { return }
        guard tally.count > 1 else { throw Self.failure(last) }
        let reasons = VerificationError.Reason.allCases.compactMap { reason in
            tally.refusals[reason].map { "\(reason.rawValue) \($0)" }
        }
        throw CommandFailure(
            .unverified, "\(tally.refused) of \(tally.count) tokens are not good: \(reasons.joined(separator: ", "))")
    }

    private static func failure(_ error: VerificationError) -> CommandFailure {
        CommandFailure(.unverified, "\(error.reason.rawValue): \(error.message)")
    }
}
