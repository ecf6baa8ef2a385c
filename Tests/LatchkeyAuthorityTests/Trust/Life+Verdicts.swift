@testable import LatchkeyAuthority
import LatchkeyStore
@testable import LatchkeyVerifier
import Testing

extension Life {
    /// Every token that was ever issued, here or by the issuer before, with a name for whoever reads of it, and whether it lives here.
    func tokens() async throws -> [(name: String, text: String, isLive: Bool)] {
        var tokens: [(String, String, Bool)] = []
        for (number, pair) in pairs.enumerated() {
            tokens.append(("token \(number) (\(pair.tokenId))", pair.accessToken.text, try install.isLive(pair)))
        }
        for (number, old) in oldTokens.enumerated() {
            let isLive = await install.verdict(old.text, audiences: nil) == nil
            tokens.append(("old token \(number) of \(old.subject)", old.text, isLive))
        }
        return tokens
    }

    /// What a verifier has that was given this bundle, and, as long as that counts, the legacy secret.
    private func verifier(_ bundle: TrustBundle) throws -> TokenVerifier {
        var checked = try bundle.checked(by: install.anchor, at: install.clock.now())
        if let terms = bundle.contents.legacy {
            checked = try checked.accepting(legacySecret: install.legacySecret.secret, kid: terms.kid)
        }
        return TokenVerifier(bundle: checked)
    }

    private func refusal(of token: String, by verifier: TokenVerifier) -> VerificationError.Reason? {
        do {
            _ = try verifier.verify(token, at: install.clock.now())
            return nil
        } catch {
            return error.reason
        }
    }

    private func differ(_ name: String, _ isLive: Bool, _ reason: VerificationError.Reason?) {
        let told = story.suffix(40).joined(separator: "\n")
        Issue.record("\(name) lives: \(isLive), offline: \(reason?.rawValue ?? "good")\n\(told)")
    }

    /// Holds the verdict of a verifier that has a bundle of this moment against the one here, for every token that was ever issued.
    func compare() async throws {
        let bundle: TrustBundle
        do {
            bundle = try await install.bundle()
        } catch let error as AuthorityError {
            return story.append("no bundle: \(error.code.rawValue)")
        }
        let verifier = try verifier(bundle)
        for (name, text, isLive) in try await tokens() {
            let reason = refusal(of: text, by: verifier)
            if isLive != (reason == nil) { differ(name, isLive, reason) }
        }
    }

    /// The same for a bundle during whose making something is revoked: what was dead before is dead in it, and what it calls dead is.
    func compareMeanwhile() async throws {
        let dead = Set(try await tokens().filter { !$0.isLive }.map(\.text))
        let install = install
        let bundle = try await halt.during({ try await install.bundle() }) {
            story.append("a bundle is being made")
            do {
                try await strike()
            } catch let error as AuthorityError {
                story.append("refused: \(error.code.rawValue)")
            }
        }
        story.append("the bundle is made")
        let verifier = try verifier(bundle)
        for (name, text, isLive) in try await tokens() {
            let reason = refusal(of: text, by: verifier)
            if (dead.contains(text) && reason == nil) || (isLive && reason != nil) { differ(name, isLive, reason) }
        }
    }

    /// How many of the tokens from here, and of those of the issuer before, live.
    func alive() async throws -> (own: Int, old: Int) {
        let live = try await tokens().map(\.isLive)
        return (live.prefix(pairs.count).count { $0 }, live.dropFirst(pairs.count).count { $0 })
    }
}
