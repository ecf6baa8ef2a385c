import ArgumentParser
import Glibc
import LatchkeyScopes
import LatchkeyVerifier

struct Verify: Command {
    static let configuration = CommandConfiguration(
        abstract: "Verify an access token with a JWKS file and nothing else: no daemon, no network.",
        discussion: """
            latchkey verify --jwks jwks.json --issuer https://keys.example --audience relayfile - < token
            latchkey verify --jwks jwks.json --scope relayfile:fs:read:/docs/a - < token

            Prints the token's claims and ends with 0 when it is good, with 5 and the reason when it is not.
            """
    )

    @Option(help: ArgumentHelp("The authority's public keys.", valueName: "file"))
    var jwks: String

    @Option(help: ArgumentHelp("The issuer that the token must come from (default: any).", valueName: "url"))
    var issuer: String?

    @Option(help: ArgumentHelp("The audience that the token must be for (default: any).", valueName: "name"))
    var audience: String?

    @Option(help: ArgumentHelp("A scope that the token must hold; may be repeated.", valueName: "scope"))
    var scope: [String] = []

    @Flag(help: "Print JSON when the token is not good, too.")
    var json = false

    @Argument(help: ArgumentHelp("The token, or - for standard input.", valueName: "token|-"))
    var token: String

    func run() throws {
        let document = try JWKSFile.read(jwks)
        do {
            let token = token == "-" ? try Self.standardInput() : token
            let keys = try KeySet(jwks: document)
            let verifier = TokenVerifier(keys: keys, policy: TokenPolicy(issuer: issuer, audiences: audience.map { [$0] }))
            let claims = try verifier.verify(token, at: SystemClock().now())
            for scope in scope { try verifier.require(scope, of: claims, planes: Self.plane(of: scope)) }
            try Output.json(claims.json())
        } catch let error as VerificationError {
            if json { try Output.json(Self.verdict(error)) }
            throw CommandFailure(.unverified, "\(error.reason.rawValue): \(error.message)")
        }
    }

    /// The plane that a scope names: it may be one of the authority's own, and asking for it is no more than the token has to hold.
    private static func plane(of scope: String) -> [String] {
        let plane = String(scope.prefix { $0 != ":" })
        return (try? Planes(additional: [plane])) == nil ? [] : [plane]
    }

    private static func verdict(_ error: VerificationError) -> [UInt8] {
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("valid", false)
            writer.member("reason", error.reason.rawValue)
            writer.member("message", error.message)
        }
        return writer.bytes
    }

    private static func standardInput() throws -> String {
        let bytes: [UInt8]
        do {
            bytes = try Descriptor.read(STDIN_FILENO, limit: SecretInput.longest)
        } catch {
            throw CommandFailure(.failed, "standard input can't be read: \(error)")
        }
        guard bytes.count <= SecretInput.longest else { throw CommandFailure(.unverified, "malformed: a token has at most 16 KiB") }
        let text = String(decoding: bytes, as: UTF8.self)
        return String(text.drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
    }
}
