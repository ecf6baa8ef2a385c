import HTTPTypes
import LatchkeyAuthority
import LatchkeyCrypto
import LatchkeyVerifier

/// Contract §9: the signing keys.
enum KeyRoutes {
    static let all = [list, rotate, revokeAll, importKey, revoke]

    private static let list = Route.get(
        "/v1/admin/keys", "listSigningKeys", .holding("relayauth:admin:read:*"), "All signing keys, and what happens to them next"
    )
    .note("Public halves only, the oldest first. Keys that have left the JWKS stay on the list.")
    .answers(.ok, .keyRing)
    .handle { call in
        try call.caller.requireOwn()
        let report = call.authority.keyRingReport()
        let ring = call.authority.keys.ring
        let signer = ring.active?.kid == ring.signerKid ? ring.signerKid : nil
        return .json { $0.keyRing(report, signer: signer, on: call.surface) }
    }

    private static let rotate = Route.post("/v1/admin/keys/rotate", "rotateSigningKeys", .operation, "Let the standby sign from now on")
        .note("The key that signed verifies until it leaves the JWKS, and a new standby is born in the same commit.")
        .socketOnly
        .body(RotateBody.self)
        .answers(.ok, .keyRotation)
        .refuses(.standbyTooYoung, .cutoverInProgress, .clockUnreliable, .signingUnavailable)
        .handle { call, body in
            let rotation = try await call.authority.rotateKeys(now: body.now ?? false, by: call.caller)
            return .json { $0.keyRotation(rotation) }
        }

    private static let revoke = Route.post(
        "/v1/admin/keys/{kid}/revoke", "revokeSigningKey", .operation, "Emergency: a signing key leaves the JWKS at once"
    )
    .note("Its tokens are refused here from then on. The standby signs, a new standby is born; the answer says who may still accept what.")
    .socketOnly
    .id(.signingKey, as: "kid")
    .body(EmergencyBody.self)
    .answers(.ok, .keyRevocation)
    .refuses(.signingUnavailable)
    .handle { call, body in
        let revocation = try await call.authority.revokeKey(call.parameter("kid"), reason: body.reason, by: call.caller)
        return .json { $0.keyRevocation(revocation) }
    }

    private static let revokeAll = Route.post(
        "/v1/admin/keys/revoke-all", "revokeAllSigningKeys", .operation, "Emergency: every signing key leaves the JWKS at once"
    )
    .note("For a stolen store. Two new keys take their places, and every verifier has to fetch the JWKS again.")
    .socketOnly
    .body(EmergencyBody.self)
    .answers(.ok, .keyRevocation)
    .refuses(.signingUnavailable)
    .handle { call, body in
        let revocation = try await call.authority.revokeAllKeys(reason: body.reason, by: call.caller)
        return .json { $0.keyRevocation(revocation) }
    }

    private static let importKey = Route.post(
        "/v1/admin/keys/import", "importSigningKey", .operation, "Let a key from outside take the standby's place"
    )
    .note("The standby that it displaces has never signed, and is retired.")
    .socketOnly
    .body(ImportKeyBody.self)
    .answers(.ok, .keyImport)
    .refuses(.cutoverInProgress, .clockUnreliable, .signingUnavailable)
    .handle { call, body in
        let imported = try await call.authority.importKey(pem: Secret(copying: Array(body.pem.utf8)), by: call.caller)
        return .json { $0.keyImport(imported) }
    }
}
