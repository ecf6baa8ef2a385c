import HTTPTypes
import LatchkeyAuthority
import LatchkeyCrypto
import LatchkeyVerifier

/// Contract §4.
enum APIKeyRoutes {
    static let all: [Route] = [
        .post("/v1/api-keys", .holding("relayauth:api-key:manage:*"), "Mint an API key", body: MintBody.self) { call, body in
            var request = APIKeyRequest(name: body.name, scopes: body.scopes)
            request.orgId = body.orgId
            if let text = body.expiresAt {
                guard let moment = Timestamp(rfc3339: text) else {
                    throw APIError.invalid("expiresAt", "expiresAt must be a date and time as in 2030-01-31T12:00:00Z")
                }
                request.expiresAt = moment
            }
            let (key, secret) = try await call.authority.mintAPIKey(request, by: call.caller)
            return .secretJSON(.created, capacity: 4096) { writer in
                writer.object { writer in
                    writer.key("apiKey")
                    writer.apiKey(key)
                    writer.key("key")
                    secret.withBytes { writer.ascii($0) }
                }
            }
        },
        .get("/v1/api-keys", .holding("relayauth:api-key:read:*"), "List the organisation's API keys, newest first") { call in
            let page = try call.authority.apiKeys(call.page(.apiKey), by: call.caller)
            return .json { $0.list(page) { $0.apiKey($1) } }
        },
        .get("/v1/api-keys/{id}", .holding("relayauth:api-key:read:*"), "Show one API key") { call in
            let key = try call.authority.apiKey(call.parameter("id"), by: call.caller)
            return .json { $0.apiKey(key) }
        },
        .post("/v1/api-keys/{id}/revoke", .holding("relayauth:api-key:manage:*"), "Revoke an API key", body: RevokeKeyBody.self) {
            call, body in
            // Whoever asks for a cascade and gets a single revocation would believe that the descendants are dead.
            if body.descendants == true {
                throw APIError.invalid("descendants", "this version revokes one key at a time; revoke the descendants by their ids")
            }
            let key = try await call.authority.revokeAPIKey(call.parameter("id"), reason: body.reason, by: call.caller)
            return .json { $0.apiKey(key) }
        },
    ]
}
