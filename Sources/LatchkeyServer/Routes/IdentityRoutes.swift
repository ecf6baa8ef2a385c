import HTTPTypes
import LatchkeyAuthority

/// Contract §5.
enum IdentityRoutes {
    static let all: [Route] = [
        .post("/v1/identities", .holding("relayauth:identity:manage:*"), "Create an identity", body: IdentityBody.self) { call, body in
            let identity = try await call.authority.createIdentity(body.request, by: call.caller)
            return .json(.created) { $0.identity(identity) }
        },
        .get("/v1/identities", .holding("relayauth:identity:read:*"), "List the organisation's identities, newest first") { call in
            var filter = IdentityFilter()
            filter.status = try call.query["status"]
            filter.type = try call.query["type"]
            filter.workspaceId = try call.query["workspaceId"]
            let page = try call.authority.identities(call.page(.identity), filter: filter, by: call.caller)
            return .json { $0.plainList(page) { $0.identity($1) } }
        },
        .get("/v1/identities/{id}", .holding("relayauth:identity:read:*"), "Show one identity") { call in
            let identity = try call.authority.identity(call.parameter("id"), by: call.caller)
            return .json { $0.identity(identity) }
        },
    ]
}
