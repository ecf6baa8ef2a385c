import HTTPTypes
import LatchkeyAuthority
import LatchkeyCrypto
import LatchkeyVerifier

/// Contract §4.
enum APIKeyRoutes {
    static let all = [mint, list, show, revoke, rotate]

    private static let read = Access.holding("relayauth:api-key:read:*")
    private static let manage = Access.holding("relayauth:api-key:manage:*")

    private static let mint = Route.post("/v1/api-keys", "mintApiKey", manage, "Mint an API key")
        .note(
            "The secret is in this answer and never shown again. The key holds at most what its maker holds. One that holds everything counts "
                + "as an organisation token, too."
        )
        .body(MintBody.self)
        .answers(.created, .mintedKey, headers: .noStore)
        .refuses(.invalidScope, .scopeEscalation, .rateLimited, .clockUnreliable)
        .handle { call, body in
            let (key, secret) = try await call.authority.mintAPIKey(body.request, by: call.caller)
            return minted(key, secret)
        }

    private static func minted(_ key: APIKey, _ secret: Secret) -> Answer {
        .secretJSON(.created, capacity: 4096) { writer in
            writer.object { writer in
                writer.key("apiKey")
                writer.apiKey(key)
                writer.key("key")
                secret.withBytes { writer.ascii($0) }
            }
        }
    }

    private static let list = Route.get("/v1/api-keys", "listApiKeys", read, "List the organisation's API keys, newest first")
        .paged
        .answers(.ok, .list(of: .apiKey))
        .handle { call in
            let page = try call.authority.apiKeys(call.page(.apiKey), by: call.caller)
            return .json { $0.list(page) { $0.apiKey($1) } }
        }

    private static let show = Route.get("/v1/api-keys/{id}", "getApiKey", read, "Show one API key")
        .id(.apiKey)
        .answers(.ok, .apiKey)
        .handle { call in
            let key = try call.authority.apiKey(call.parameter("id"), by: call.caller)
            return .json { $0.apiKey(key) }
        }

    private static let revoke = Route.post("/v1/api-keys/{id}/revoke", "revokeApiKey", manage, "Revoke an API key")
        .note(
            "It authenticates nothing from then on. Revoking again changes nothing, but with `descendants` whatever of these still lives dies then: "
                + "all of it in one commit, however much it is. Who gave up waiting may ask again; what is dead is counted once. "
                + Reach.note
        )
        .id(.apiKey)
        .header(.prefer, Reach.preference, Reach.note)
        .body(RevokeKeyBody.self)
        .answers(.ok, .revokedAPIKey)
        .handle { call, body in
            let reach = Reach(call)
            let (key, descendants) = try await call.authority.revokeAPIKey(
                call.parameter("id"), reason: body.reason, reachesDescendants: body.descendants ?? false, marking: reach.marks,
                by: call.caller)
            let holders = await reach.holders
            return .json(headers: reach.headers) { $0.apiKey(key, revokedDescendants: descendants, stillAcceptedBy: holders) }
        }

    private static let rotate = Route.post("/v1/api-keys/{id}/rotate", "rotateApiKey", manage, "Replace an API key by a new one")
        .note(
            "The new key has the name, kind, owner, scopes and end of the old one, which dies at once or after the overlap. Whoever asks must "
                + "hold every scope of the key; a self-service key is replaced by its identity alone. The secret is in this answer and never shown "
                + "again."
        )
        .id(.apiKey)
        .body(RotateKeyBody.self)
        .answers(.created, .mintedKey, headers: .noStore)
        .refuses(.scopeEscalation, .notKeyOwner, .apiKeyNotActive, .rateLimited, .clockUnreliable)
        .handle { call, body in
            let (key, secret) = try await call.authority.rotateAPIKey(
                call.parameter("id"), overlapSeconds: body.overlapSeconds?.value, by: call.caller)
            return minted(key, secret)
        }
}
