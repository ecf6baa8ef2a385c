import ArgumentParser
import LatchkeyCrypto
import LatchkeyVerifier

/// What tokens are held against: a trust bundle with the anchor that it must come from, or a JWKS.
struct TrustOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The trust anchor of the authority, as latchkey anchor show --out writes it.", valueName: "file"))
    var anchor: String?

    @Option(help: ArgumentHelp("The trust bundle: the public keys and what was revoked, signed by the anchor.", valueName: "file"))
    var bundle: String?

    @Option(
        help: ArgumentHelp(
            "What is remembered of the newest bundle, so that none older is taken after it; made at the first use.", valueName: "file"))
    var state: String?

    @Option(
        help: ArgumentHelp("In place of a bundle: the authority's public keys. Nothing is known of revocations then.", valueName: "file"))
    var jwks: String?

    @Option(
        help: ArgumentHelp(
            "The secret of the tokens that were signed before RS256, for the time of a cutover (default: no HS256).", valueName: "file"))
    var legacySecretFile: String?

    @Option(help: ArgumentHelp("The one kid that such tokens name.", valueName: "kid"))
    var legacyKid: String?

    @Option(help: ArgumentHelp("With --jwks: the issuer of such tokens. A bundle says it itself.", valueName: "url"))
    var legacyIssuer: String?

    func validate() throws {
        switch (jwks, anchor, bundle) {
        case (_?, nil, nil):
            guard state == nil else { throw ValidationError("--state goes with --bundle: a JWKS says nothing of its age") }
        case (nil, _?, _?): break
        case (nil, nil, nil): throw ValidationError("give --anchor and --bundle, or --jwks: what is the token to be held against?")
        default: throw ValidationError("give --anchor and --bundle together, and without --jwks")
        }
        guard (legacySecretFile == nil) == (legacyKid == nil) else {
            throw ValidationError("--legacy-secret-file and --legacy-kid go together: one secret, and the one kid that it counts for")
        }
        guard (legacyIssuer != nil) == (legacyKid != nil && jwks != nil) else {
            throw ValidationError("--legacy-issuer is needed with --legacy-kid and --jwks, and given only then")
        }
    }

    /// - Parameter now: the one reading of the clock that the bundle is held against.
    /// - Throws: `VerificationError` when what was given can't be trusted, `CommandFailure` when it can't be read.
    func verifier(_ policy: TokenPolicy, at now: Timestamp) throws -> TokenVerifier {
        let legacy = try legacySecretFile.map { try LegacySecretFile.read($0) }
        if let jwks {
            var keys = try KeySet(jwks: InputFile.read(jwks, limit: KeySet.greatestSize))
            if let legacy { keys = try keys.accepting(LegacyKey(kid: legacyKid ?? "", secret: legacy, issuer: legacyIssuer ?? "")) }
            return TokenVerifier(keys: keys, policy: policy)
        }
        let trusted = try TrustAnchor(pem: InputFile.read(anchor ?? "", limit: TrustAnchor.greatestSize))
        let given = try TrustBundle(reading: InputFile.read(bundle ?? "", limit: TrustBundle.greatestSize))
        var checked: CheckedBundle
        if let state {
            let remembered = try RememberedBundle(path: state).check(given, by: trusted, at: now)
            checked = remembered.bundle
            if remembered.isFirst {
                Output.note(
                    "note: nothing was remembered in \(state) yet, so bundle number \(checked.sequence) was taken as it came; older ones are refused from now on"
                )
            }
        } else {
            checked = try given.checked(by: trusted, at: now)
            Output.note(
                "note: without --state an older bundle, or one of another line of bundles, is taken like the newest until \(checked.notAfter)"
            )
        }
        if let legacy { checked = try checked.accepting(legacySecret: legacy, kid: legacyKid ?? "") }
        return TokenVerifier(bundle: checked, policy: policy)
    }
}
