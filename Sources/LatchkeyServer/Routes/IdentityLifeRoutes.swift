import HTTPTypes
import LatchkeyAuthority
import LatchkeyCrypto
import LatchkeyVerifier

/// Contract §5: what happens to an identity after its creation.
enum IdentityLifeRoutes {
    static let all = [update, delete, suspend, reactivate, retire, createSubAgent, listSubAgents, activity]

    private static let read = Access.holding("relayauth:identity:read:*")
    private static let manage = Access.holding("relayauth:identity:manage:*")

    private static let update = Route.patch("/v1/identities/{id}", "updateIdentity", manage, "Change an identity")
        .note("What is absent stays. Tokens that were issued keep their scopes; the next refresh cuts them to what is held then.")
        .id(.identity)
        .body(IdentityChangeBody.self)
        .answers(.ok, .identity)
        .refuses(.invalidScope, .identityRetired, .scopeEscalation, .identityAlreadyExists)
        .handle { call, body in
            let identity = try await call.authority.updateIdentity(call.parameter("id"), body.change, by: call.caller)
            return .json { $0.identity(identity) }
        }

    private static let delete = Route.delete("/v1/identities/{id}", "deleteIdentity", manage, "Delete an identity and all that it created")
        .note("Their tokens and sessions are dead with it. What the audit log says of them stays.")
        .id(.identity)
        .header(.confirmDelete, .enumeration("true"), required: true, "That it is meant")
        .answers(.noContent)
        .handle { call in
            guard call.header(.confirmDelete) == "true" else {
                throw APIError.invalid("X-Confirm-Delete", "deleting an identity is for good: send the header X-Confirm-Delete: true")
            }
            try await call.authority.deleteIdentity(call.parameter("id"), by: call.caller)
            return .noContent
        }

    private static let suspend = Route.post(
        "/v1/identities/{id}/suspend", "suspendIdentity", manage, "Suspend an identity and all that it created"
    )
    .note("Their tokens and sessions are dead with the answer, and stay so when the identity is reactivated. " + Reach.note)
    .id(.identity)
    .header(.prefer, Reach.preference, Reach.note)
    .body(SuspendBody.self)
    .answers(.ok, .endedIdentity)
    .refuses(.identityNotActive)
    .handle { call, body in
        let reach = Reach(call)
        let identity = try await call.authority.suspendIdentity(
            call.parameter("id"), reason: body.reason, marking: reach.marks, by: call.caller)
        let holders = await reach.holders
        return .json(headers: reach.headers) { $0.identity(identity, stillAcceptedBy: holders) }
    }

    private static let reactivate = Route.post(
        "/v1/identities/{id}/reactivate", "reactivateIdentity", manage, "Make a suspended identity active again"
    )
    .note("This one alone, not what it created, and only under a parent that is active.")
    .id(.identity)
    .body(OrganisationOnlyBody.self)
    .answers(.ok, .identity)
    .refuses(.identityNotReactivatable)
    .handle { call, _ in
        let identity = try await call.authority.reactivateIdentity(call.parameter("id"), by: call.caller)
        return .json { $0.identity(identity) }
    }

    private static let retire = Route.post(
        "/v1/identities/{id}/retire", "retireIdentity", manage, "Retire an identity and all that it created, for good"
    )
    .note("Retiring again changes nothing. " + Reach.note)
    .id(.identity)
    .header(.prefer, Reach.preference, Reach.note)
    .body(RetireBody.self)
    .answers(.ok, .endedIdentity)
    .handle { call, body in
        let reach = Reach(call)
        let identity = try await call.authority.retireIdentity(
            call.parameter("id"), reason: body.reason, marking: reach.marks, by: call.caller)
        let holders = await reach.holders
        return .json(headers: reach.headers) { $0.identity(identity, stillAcceptedBy: holders) }
    }

    private static let createSubAgent = Route.post(
        "/v1/identities/{id}/sub-agents", "createSubAgent", .holding("relayauth:identity:manage:*", "relayauth:token:create:*"),
        "Create an identity under another one, with its first token pair"
    )
    .note(
        "Without `scopes` it holds those of the parent's that the caller covers. Its fate is its parent's. From one identity come 10,000 others at most."
    )
    .id(.identity)
    .body(SubAgentBody.self)
    .answers(.created, .subAgent, headers: .noStore)
    .refuses(
        .invalidScope, .identitySuspended, .identityRetired, .insufficientScope, .scopeEscalation, .identityAlreadyExists,
        .sponsorChainTooLong, .rateLimited, .signingUnavailable, .clockUnreliable
    )
    .handle { call, body in
        let made = try await call.authority.createSubAgent(body.request, of: call.parameter("id"), by: call.caller)
        return .secretJSON(.created, capacity: made.pair.accessToken.count + 4096) { writer in
            writer.object { writer in
                writer.key("identity")
                writer.identity(Identity(made.identity))
                writer.key("tokenPair")
                writer.pair(made.pair)
                writer.member("sponsorChain", made.identity.sponsorChain)
            }
        }
    }

    private static let listSubAgents = Route.get(
        "/v1/identities/{id}/sub-agents", "listSubAgents", read, "List the identities that one created itself, newest first"
    )
    .id(.identity)
    .paged
    .answers(.ok, .plainList(of: .identity))
    .handle { call in
        let page = try call.authority.subAgents(of: call.parameter("id"), call.page(.identity), by: call.caller)
        return .json { $0.plainList(page) { $0.identity($1) } }
    }

    private static let activity = Route.get(
        "/v1/identities/{id}/activity", "getIdentityActivity", .holding("relayauth:audit:read:*"),
        "What the audit log says of one identity, newest first"
    )
    .id(.identity)
    .auditFilters
    .paged
    .answers(.ok, .auditPage)
    .handle { call in
        let page = try call.authority.activity(of: call.parameter("id"), call.auditFilter(), call.page(.auditEntry), by: call.caller)
        return .json { $0.auditPage(page) }
    }
}

extension HTTPField.Name {
    static let confirmDelete = HTTPField.Name("X-Confirm-Delete")!
}
