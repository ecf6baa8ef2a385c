import LatchkeyVerifier

extension CutoverGate {
    /// Seconds beyond `max-age` in which a verifier that plays by the rules may still be fetching the JWKS.
    static let margin: Int64 = 300

    /// To `published`: a key that can't sign, or whose signature the JWKS does not verify, must not be announced.
    static func probe(_ facts: CutoverFacts) -> CutoverGate {
        let isSame = facts.probe.kid == facts.active?.kid
        let problem = facts.probe.problem ?? (isSame ? nil : "the signing keys have changed in this moment; try again")
        return CutoverGate(
            "probe", passed: problem == nil, overridable: false,
            problem ?? "the RSA key \(facts.active?.kid ?? "") signed a probe, and the JWKS verified it")
    }

    /// To `cutover`: every copy of the JWKS that may still be in use must hold the key that will sign.
    static func isPublic(_ facts: CutoverFacts) -> CutoverGate {
        guard let since = facts.record.publicSince else {
            return CutoverGate(
                "public", passed: false, overridable: false,
                "the JWKS has not been proven public; roll back to legacy and advance again")
        }
        guard let active = facts.active else {
            return CutoverGate("public", passed: false, overridable: false, "there is no RSA key that could sign")
        }
        let start = max(since, active.publishedAt)
        let ready = [start.adding(seconds: facts.jwksMaxAge), facts.activeKnownBy, facts.copiesUntil].compactMap(\.self).max()!
            .adding(seconds: margin)
        let measured =
            "the JWKS with the key \(active.kid) has been public since \(start), and copies of it live for \(facts.jwksMaxAge) s and a margin of "
            + "\(margin) s"
        return facts.now >= ready
            ? CutoverGate("public", passed: true, "\(measured): since \(ready) everybody has it")
            : CutoverGate("public", passed: false, "\(measured): wait until \(ready)")
    }

    /// Before another algorithm signs: everybody who is listed has to accept it.
    ///
    /// - Parameter isEmptyEnough: whether a list that nobody is on says that nobody is concerned.
    static func verifiers(_ record: CutoverRecord, accept algorithm: String, isEmptyEnough: Bool) -> CutoverGate {
        let listed = record.verifiers
        if listed.isEmpty {
            return CutoverGate(
                "verifiers", passed: isEmptyEnough,
                isEmptyEnough
                    ? "no verifier is listed"
                    : "no verifier is listed; list each with: latchkey cutover verifiers add NAME --accepts rs256,hs256")
        }
        let refusing = listed.filter { !$0.accepts.contains(algorithm) }.map(\.name)
        return refusing.isEmpty
            ? CutoverGate(
                "verifiers", passed: true, "every listed verifier accepts \(algorithm): \(listed.map(\.name).joined(separator: ", "))")
            : CutoverGate(
                "verifiers", passed: false, "these listed verifiers don't accept \(algorithm): \(refusing.joined(separator: ", "))")
    }

    /// To `sunset`: nobody can hold a legacy token that is still good.
    static func unexpired(_ facts: CutoverFacts) -> CutoverGate {
        let elsewhere = facts.record.elsewhereUntil
        let last = max(facts.latestLegacyExpiry ?? elsewhere, elsewhere)
        let end = last.adding(seconds: TokenPolicy.standardSkew)
        let here = facts.latestLegacyExpiry.map { "the last one of this install ends at \($0)" } ?? "this install has issued none"
        let measured =
            "of HS256 tokens, \(here), those from elsewhere end by \(elsewhere), and verifiers' clocks may be \(TokenPolicy.standardSkew) s off"
        return CutoverGate("unexpired", passed: facts.now >= end, facts.now >= end ? measured : "\(measured): wait until \(end)")
    }

    /// To `sunset`: nobody still comes with one, be it good or not.
    static func soak(_ facts: CutoverFacts) -> CutoverGate {
        let since = facts.record.phaseSince
        let start = max(facts.lastPresentedAt ?? since, since)
        let end = start.adding(seconds: facts.soak)
        let measured =
            facts.lastPresentedAt.map { "a legacy token was presented last at \($0)" } ?? "no legacy token has been presented"
        let wanted = "\(facts.soak) s without one are needed, counted from \(since) at the earliest"
        return CutoverGate(
            "soak", passed: facts.now >= end, facts.now >= end ? "\(measured); \(wanted)" : "\(measured); \(wanted): wait until \(end)")
    }

    /// To `purged`: there is no way back from there.
    static func held(_ facts: CutoverFacts) -> CutoverGate {
        let since = facts.record.phaseSince
        let end = since.adding(seconds: facts.hold)
        let measured = "RS256 alone has held since \(since); \(facts.hold) s are needed before the secret is destroyed"
        return CutoverGate("held", passed: facts.now >= end, facts.now >= end ? measured : "\(measured): wait until \(end)")
    }

    /// Right after the step to `published`: what the listener serves to others shows the key.
    static func fetch(_ fetched: Result<KeySet, any Error>, kid: String?) -> CutoverGate {
        switch fetched {
        case .failure(let error):
            CutoverGate("fetch", passed: false, overridable: false, "the JWKS could not be fetched through the listener: \(error)")
        case .success(let keys):
            if let kid, keys.contains(kid) {
                CutoverGate("fetch", passed: true, overridable: false, "the JWKS as the listener serves it shows the RSA key \(kid)")
            } else {
                CutoverGate(
                    "fetch", passed: false, overridable: false,
                    "the JWKS as the listener serves it lacks the RSA key \(kid ?? ""); see what answers in this authority's place")
            }
        }
    }
}
