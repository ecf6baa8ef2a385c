import HTTPTypes
import LatchkeyAuthority
import LatchkeyVerifier
import NIOCore

/// Contract §9: the trust anchor, and the bundles that it signs for verifiers without a network.
enum TrustRoutes {
    static let all = [anchor, succeed, bundle]

    /// Seconds that can be asked for: what `max-bundle-life` may be at most. How long this install lets a bundle live is the authority's to say.
    private static let validFor: ClosedRange<Int64> = 1...365 * 86_400

    private static let anchor = Route.get("/v1/admin/anchor", "getTrustAnchor", .operation, "The trust anchor: what verifiers hold")
        .note("The public half. Whoever holds an anchor that came before is led here by the statements of each bundle.")
        .socketOnly
        .answers(.ok, .anchor)
        .handle { call in
            try call.caller.requireOwn()
            let report = try call.authority.anchorReport()
            return .json { $0.anchor(report) }
        }

    private static let succeed = Route.post(
        "/v1/admin/anchor/succeed", "succeedTrustAnchor", .operation, "Let a new trust anchor follow, which the old one signs"
    )
    .note("One commit: the new anchor signs from then on, and the private half of the old one is taken out of the store.")
    .socketOnly
    .body(OrganisationOnlyBody.self)
    .answers(.ok, .anchor)
    .refuses(.signingUnavailable, .clockUnreliable)
    .handle { call, _ in
        let report = try await call.authority.succeedAnchor(by: call.caller)
        return .json { $0.anchor(report) }
    }

    private static let bundle = Route.get(
        "/v1/bundle", "exportTrustBundle", .holding("relayauth:admin:read:*"), "A new trust bundle, for verifiers without a network"
    )
    .note(
        "Signed by the trust anchor: the issuer, the JWKS, all that was revoked and can still be presented, a number that only grows. Each answer is "
            + "a new bundle, and is told of in the audit log; keep its bytes as they are. There is no HEAD of it. "
            + "It tells of every organisation: it is for the operator, and for credentials of the first one."
    )
    .making
    .query("validFor", .integer(validFor), "Seconds until it may be used no more; a week unless it is told, `max-bundle-life` at most")
    .answers(.ok, contents: [("application/jose+json", .bundle)], headers: .noStore)
    .refuses(.signingUnavailable, .clockUnreliable)
    .handle { call in
        let bundle = try await call.authority.exportBundle(validFor: try call.number("validFor", validFor), by: call.caller)
        var headers: HTTPFields = [.contentType: "application/jose+json", .cacheControl: "no-store"]
        headers[.contentDisposition] = "attachment; filename=\"latchkey-\(bundle.sequence).bundle\""
        return Answer(.ok, headers: headers, body: ByteBuffer(bytes: bundle.file))
    }
}
