import HTTPTypes
import LatchkeyAuthority
import LatchkeyVerifier

/// Contract §9: organisations.
enum OrganisationRoutes {
    static let all = [list, create, show, update]

    private static let read = Access.holding("relayauth:admin:read:*")
    private static let manage = Access.holding("relayauth:admin:manage:*")

    private static let list = Route.get("/v1/admin/orgs", "listOrganisations", .operation, "List all organisations, newest first")
        .socketOnly
        .paged
        .answers(.ok, .plainList(of: .organisation))
        .handle { call in
            let page = try call.authority.organisations(call.page(.organisation), by: call.caller)
            return .json { $0.plainList(page) { $0.organisation($1) } }
        }

    private static let create = Route.post("/v1/admin/orgs", "createOrganisation", .operation, "Make an organisation")
        .note("Name it with `x-latchkey-org` on the socket to act in it.")
        .socketOnly
        .body(OrganisationBody.self)
        .answers(.created, .organisation)
        .handle { call, body in
            let organisation = try await call.authority.createOrganisation(name: body.name, by: call.caller)
            return .json(.created) { $0.organisation(organisation) }
        }

    private static let show = Route.get("/v1/admin/org", "getOrganisation", read, "Show the caller's organisation")
        .answers(.ok, .organisation)
        .handle { call in
            let organisation = try call.authority.organisation(of: call.caller)
            return .json { $0.organisation(organisation) }
        }

    private static let update = Route.patch("/v1/admin/org", "updateOrganisation", manage, "Change the caller's organisation")
        .note("What is absent stays. Nothing goes beyond what the install allows.")
        .body(OrganisationChangeBody.self)
        .answers(.ok, .organisation)
        .handle { call, body in
            let organisation = try await call.authority.updateOrganisation(body.change, by: call.caller)
            return .json { $0.organisation(organisation) }
        }
}
