import HTTPTypes
import LatchkeyAuthority

/// Contract §5.
enum IdentityRoutes {
    static let all = [create, list, show]

    private static let read = Access.holding("relayauth:identity:read:*")
    private static let manage = Access.holding("relayauth:identity:manage:*")

    private static let create = Route.post("/v1/identities", "createIdentity", manage, "Create an identity")
        .note("Tokens are issued to identities. It holds at most what its maker holds.")
        .body(IdentityBody.self)
        .answers(.created, .identity)
        .refuses(.invalidScope, .scopeEscalation, .identityAlreadyExists, .sponsorChainTooLong)
        .handle { call, body in
            let identity = try await call.authority.createIdentity(body.request, by: call.caller)
            return .json(.created) { $0.identity(identity) }
        }

    private static let list = Route.get("/v1/identities", "listIdentities", read, "List the organisation's identities, newest first")
        .query("status", .cases(IdentityRecord.Status.self), "Only those of this status")
        .query("type", .cases(IdentityRecord.Kind.self), "Only those of this type")
        .query("workspaceId", .string(), "Only those of this workspace")
        .paged
        .answers(.ok, .plainList(of: .identity))
        .handle { call in
            var filter = IdentityFilter()
            filter.status = try call.query("status")
            filter.type = try call.query("type")
            filter.workspaceId = try call.query("workspaceId")
            let page = try call.authority.identities(call.page(.identity), filter: filter, by: call.caller)
            return .json { $0.plainList(page) { $0.identity($1) } }
        }

    private static let show = Route.get("/v1/identities/{id}", "getIdentity", read, "Show one identity")
        .id(.identity)
        .answers(.ok, .identity)
        .handle { call in
            let identity = try call.authority.identity(call.parameter("id"), by: call.caller)
            return .json { $0.identity(identity) }
        }
}
