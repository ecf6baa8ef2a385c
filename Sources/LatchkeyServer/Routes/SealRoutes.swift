import HTTPTypes
import LatchkeyAuthority
import LatchkeyVerifier

/// Contract §9: the master key, and the word of the operator on the clock.
enum SealRoutes {
    static let all = [rewrap, acceptClock]

    private static let rewrap = Route.post(
        "/v1/admin/seal/rewrap", "rewrapSeal", .operation, "Seal all private keys under a new master key"
    )
    .note("One commit; the old master key is named for destruction only after the new one has opened every record.")
    .socketOnly
    .body(RewrapBody.self)
    .answers(.ok, .sealRewrap)
    .refuses(.signingUnavailable)
    .handle { call, body in
        let rewrap = try await call.authority.rewrapSeal(keyFile: body.keyFile, givingUp: body.giveUp, by: call.caller)
        return .json { writer in
            writer.object { writer in
                writer.member("rewrappedAt", rewrap.rewrappedAt)
                writer.member("records", Int64(rewrap.records))
                writer.member("masterKey", rewrap.masterKey)
                writer.member("oldMasterKey", ifPresent: rewrap.oldMasterKey)
                if rewrap.endsCutover { writer.member("endedCutover", true) }
            }
        }
    }

    private static let acceptClock = Route.post(
        "/v1/admin/clock/accept", "acceptClock", .operation, "The operator's word that this host's clock is right"
    )
    .note("What was signed or planned by the wrong time is put right in the same commit. Minting goes on at once.")
    .socketOnly
    .body(OrganisationOnlyBody.self)
    .answers(.ok, .clockAcceptance)
    .handle { call, _ in
        let acceptance = try await call.authority.acceptClock(by: call.caller)
        return .json { writer in
            writer.object { writer in
                writer.member("time", acceptance.time)
                writer.member("wasUnreliable", acceptance.problem != nil)
                writer.member("problem", ifPresent: acceptance.problem?.sentence)
                writer.member("correctedKeys", Int64(acceptance.correctedKeys))
            }
        }
    }
}
