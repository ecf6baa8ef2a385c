import HTTPTypes
import LatchkeyAuthority
import LatchkeyVerifier

/// Contract §6: what tokens an identity has, and whether one is good for something.
enum TokenListRoutes {
    static let all = [validate, list]

    private static let read = Access.holding("relayauth:token:read:*")

    private static let validate = Route.post(
        "/v1/tokens/validate", "validateToken", read, "Whether a token is good now and covers some scopes"
    )
    .body(ValidateBody.self)
    .answers(.ok, .tokenVerdict, headers: .noStore)
    .refuses(.invalidScope)
    .handle { call, body in
        let verdict = try call.authority.validate(body.token, requiring: body.requiredScopes ?? [], by: call.caller)
        return .json(headers: [.cacheControl: "no-store"]) { writer in
            writer.object { writer in
                writer.member("valid", verdict.claims != nil)
                writer.key("claims")
                if let claims = verdict.claims { writer.raw(claims) } else { writer.null() }
                if !verdict.missing.isEmpty { writer.member("missingScopes", verdict.missing) }
            }
        }
    }

    private static let list = Route.get("/v1/tokens/{identityId}", "listTokens", read, "List an identity's live tokens, newest first")
        .note("The tokens themselves are kept nowhere.")
        .id(.identity, as: "identityId")
        .paged
        .answers(.ok, .list(of: .liveToken))
        .handle { call in
            let page = try call.authority.tokens(of: call.parameter("identityId"), call.page(.token), by: call.caller)
            return .json { $0.list(page) { $0.liveToken($1) } }
        }
}
