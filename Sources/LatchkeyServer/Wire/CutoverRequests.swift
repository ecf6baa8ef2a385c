import LatchkeyAuthority

/// What bodies ask of a cutover, in the domain's words.
extension CutoverStepBody {
    var request: CutoverStepRequest { CutoverStepRequest(to: to, dryRun: dryRun ?? false, override: override) }
}

extension CutoverPurgeBody {
    var request: CutoverStepRequest { CutoverStepRequest(dryRun: dryRun ?? false, override: override) }
}

extension VerifierBody {
    var request: VerifierRequest {
        get throws(APIError) { VerifierRequest(name: name, accepts: try wanted) }
    }
}

extension LegacySecretBody {
    var request: LegacySecretRequest {
        get throws(APIError) {
            LegacySecretRequest(
                kid: kid, issuer: issuer, maxTTL: try wholeTTL, issuedUntil: try moment, secret: try bytes, replaces: replace ?? false)
        }
    }
}
