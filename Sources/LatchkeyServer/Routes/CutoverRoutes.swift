import HTTPTypes
import LatchkeyAuthority
import LatchkeyVerifier

/// Contract §9: the guided move from HS256 to RS256.
enum CutoverRoutes {
    static let all = [show, importSecret, verifiers, advance, rollBack, purge]

    private static let show = Route.get(
        "/v1/admin/cutover", "getCutover", .operation, "Where the cutover stands, and what the next step waits for"
    )
    .socketOnly
    .answers(.ok, .cutover)
    .handle { call in
        try call.caller.requireOwn()
        let status = try call.authority.cutoverStatus()
        return .json { $0.cutover(status) }
    }

    private static let importSecret = Route.post(
        "/v1/admin/cutover/legacy-secret", "importLegacySecret", .operation, "Begin a cutover: bring the secret that signs HS256 tokens"
    )
    .note("Once in the life of an install. It is kept sealed, shown nowhere, and destroyed by the last step.")
    .socketOnly
    .body(LegacySecretBody.self)
    .answers(.created, .cutover)
    .refuses(.cutoverInProgress, .clockUnreliable, .signingUnavailable)
    .handle { call, body in
        let status = try await call.authority.importLegacySecret(body.request, by: call.caller)
        return .json(.created) { $0.cutover(status) }
    }

    private static let verifiers = Route.post(
        "/v1/admin/cutover/verifiers", "changeVerifier", .operation, "List a service that verifies tokens, with what it accepts"
    )
    .note("The gates of the steps look at this list. A name that is there already is changed.")
    .socketOnly
    .body(VerifierBody.self)
    .answers(.ok, .cutoverVerifiers)
    .refuses(.cutoverGateRefused)
    .handle { call, body in
        let verifiers = try await call.authority.setVerifier(body.request, by: call.caller)
        return .json { writer in writer.object { $0.verifiers(verifiers) } }
    }

    private static let advance = Route.post("/v1/admin/cutover/advance", "advanceCutover", .operation, "Take the cutover one phase further")
        .note("Each gate is measured first, and one that refuses is 409 unless it is overridden. With `dryRun` nothing is done.")
        .socketOnly
        .body(CutoverStepBody.self)
        .answers(.ok, .cutoverStep)
        .refuses(.cutoverGateRefused, .clockUnreliable, .signingUnavailable)
        .handle { call, body in
            let probe = call.probe
            let step = try await call.authority.advanceCutover(body.request, by: call.caller, fetchJWKS: { try await probe.jwks() })
            return .json { $0.cutoverStep(step) }
        }

    private static let rollBack = Route.post("/v1/admin/cutover/rollback", "rollBackCutover", .operation, "Take the cutover one phase back")
        .note("One commit; it takes effect on the next request. What was purged can't be brought back.")
        .socketOnly
        .body(CutoverStepBody.self)
        .answers(.ok, .cutoverStep)
        .refuses(.cutoverGateRefused, .clockUnreliable, .signingUnavailable)
        .handle { call, body in
            let step = try await call.authority.rollBackCutover(body.request, by: call.caller)
            return .json { $0.cutoverStep(step) }
        }

    private static let purge = Route.post(
        "/v1/admin/cutover/purge", "purgeCutover", .operation, "End the cutover: destroy the legacy secret"
    )
    .note("There is no way back. The secret is gone from the store and from backups made later.")
    .socketOnly
    .body(CutoverPurgeBody.self)
    .answers(.ok, .cutoverStep)
    .refuses(.cutoverGateRefused, .clockUnreliable, .signingUnavailable)
    .handle { call, body in
        let step = try await call.authority.purgeCutover(body.request, by: call.caller)
        return .json { $0.cutoverStep(step) }
    }
}
