import HTTPTypes
import LatchkeyAuthority
import LatchkeyScopes
import LatchkeyVerifier

/// Contract §7: what scopes mean.
enum ScopeRoutes {
    static let all = [validate, templates, check, explain]

    private static let read = Access.holding("relayauth:scope:read:*")

    private static let validate = Route.post(
        "/v1/scopes/validate", "validateScope", read, "Take a scope apart, or say what is wrong with it"
    )
    .body(ScopeBody.self)
    .answers(.ok, .scopeParts)
    .refuses(.invalidScope)
    .handle { call, body in
        let scope = try call.authority.parsedScope(body.scope, by: call.caller)
        return .json { writer in
            writer.object { writer in
                writer.member("plane", scope.plane)
                writer.member("resource", scope.resource)
                writer.member("action", scope.action)
                writer.member("path", scope.path)
                writer.member("raw", scope.text)
            }
        }
    }

    private static let templates = Route.get("/v1/scopes/templates", "listScopeTemplates", read, "Lists of scopes that fit usual jobs")
        .answers(.ok, .scopeTemplates)
        .handle { call in
            try call.caller.requireOwn()
            return .json { writer in
                writer.object { writer in
                    writer.key("templates")
                    writer.array { writer in
                        for template in ScopeTemplate.all {
                            writer.object { writer in
                                writer.member("name", template.name)
                                writer.member("description", template.description)
                                writer.member("scopes", template.scopes.texts)
                            }
                        }
                    }
                }
            }
        }

    private static let check = Route.post("/v1/scopes/check", "checkScope", read, "Whether an identity holds a scope")
        .note("An identity that is not active holds nothing.")
        .body(ScopeCheckBody.self)
        .answers(.ok, .scopeVerdict)
        .refuses(.invalidScope, .identityNotFound)
        .handle { call, body in
            let verdict = try call.authority.check(body.scope, of: body.identityId, by: call.caller)
            return .json { writer in
                writer.object { writer in
                    writer.member("allowed", verdict.matched != nil)
                    writer.member("matchedScope", ifPresent: verdict.matched?.text)
                    writer.member("grantedVia", ifPresent: verdict.way?.rawValue)
                }
            }
        }

    private static let explain = Route.post("/v1/scopes/explain", "explainScopes", read, "Which routes of this API some scopes can call")
        .note(
            "Read from the same declarations that enforce it. For a route that they can't call, the first scope that is missing; for "
                + "one that only callers with an identity behind them can call, whatever their scopes, `needsIdentity`."
        )
        .body(ScopesBody.self)
        .answers(.ok, .scopeExplanation)
        .refuses(.invalidScope)
        .handle { call, body in
            let scopes = try call.authority.parsedScopes(body.scopes, by: call.caller)
            let explained = call.table.explain(scopes, on: call.surface)
            return .json { writer in
                writer.object { writer in
                    writer.member("scopes", scopes.texts)
                    writer.key("routes")
                    writer.array { writer in for route in explained { writer.explained(route) } }
                }
            }
        }
}

extension JSONWriter {
    fileprivate mutating func explained(_ route: RouteTable.Explained) {
        object { writer in
            writer.member("method", route.facts.method.rawValue)
            writer.member("path", route.facts.path)
            writer.member("summary", route.facts.summary)
            writer.member("allowed", route.isAllowed)
            writer.member("required", route.required.map(\.text))
            writer.member("missing", ifPresent: route.missing?.text)
            if route.needsIdentity { writer.member("needsIdentity", true) }
        }
    }
}
