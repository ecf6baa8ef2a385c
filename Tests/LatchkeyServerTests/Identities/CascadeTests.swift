import HTTPTypes
@testable import LatchkeyServer
import Testing

extension ServerTests {
    @Suite("What happens to an identity")
    struct CascadeTests {
        /// The ways to end an identity, as requests.
        enum Fate: String, CaseIterable, Sendable, CustomTestStringConvertible {
            case suspend, retire, delete

            var testDescription: String { rawValue }

            /// What a descendant then is; none when it is no more.
            var status: String? {
                switch self {
                case .suspend: "suspended"
                case .retire: "retired"
                case .delete: nil
                }
            }

            func meet(_ id: String, _ daemon: TestDaemon, _ headers: TestDaemon.Fields = []) async throws -> Reply {
                switch self {
                case .suspend: try await daemon.admin("POST", "/v1/identities/\(id)/suspend", headers, body: #"{"reason":"theft"}"#)
                case .retire: try await daemon.admin("POST", "/v1/identities/\(id)/retire", headers)
                case .delete: try await daemon.admin("DELETE", "/v1/identities/\(id)", headers + [("x-confirm-delete", "true")])
                }
            }
        }

        @Test("A sub-agent of a sub-agent has the whole chain, its parents' scopes, and works")
        func chain() async throws {
            try await withDaemon { daemon in
                let family = try await Family.make(in: daemon)
                let shown = try await daemon.admin("GET", "/v1/identities/\(family.third.id)").json
                #expect(shown["sponsorChain"]?.texts == ["ada", family.first.id, family.second.id, family.third.id])
                #expect(shown["scopes"]?.texts == Family.scopes)
                let children = try await daemon.admin("GET", "/v1/identities/\(family.first.id)/sub-agents").json["data"]?.elements
                #expect(children?.compactMap { $0["id"]?.text } == [family.second.id], "only those that it created itself")
                for member in family.all {
                    #expect(try await daemon.send("GET", "/v1/identities", [member.pair.bearer]).status == 200)
                }
            }
        }

        @Test("reaches all that it created, on every route and at once", arguments: Fate.allCases)
        func reachesAll(_ fate: Fate) async throws {
            try await withDaemon { daemon in
                let family = try await Family.make(in: daemon)
                let before = try await daemon.pair(family.third.id)
                // A connection that its client has used already.
                let wire = try await Wire.open(daemon.tcp)
                let request = TestDaemon.request("GET", "/v1/identities", [family.third.pair.bearer])
                try await wire.send(request)
                #expect(try await wire.reply().status == 200)

                #expect(try await fate.meet(family.first.id, daemon).status == (fate == .delete ? 204 : 200))
                try await wire.send(request)
                expectError(try await wire.reply(), 401, "token_revoked", "on the open connection")
                await wire.close()
                for route in RouteTable.api.routes where !route.access.isOpen {
                    for member in family.all {
                        let reply = try await daemon.send(
                            route.method.rawValue, RouteMatrixTests.target(route.path), [member.pair.bearer],
                            body: route.method == .get ? nil : "{}", to: route.isSocketOnly ? daemon.socket : daemon.tcp)
                        expectError(reply, 401, "token_revoked", "\(route.method) \(route.path)")
                    }
                }
                for pair in family.all.map(\.pair) + [before] {
                    expectError(try await daemon.refresh(pair.refresh), 401, "invalid_refresh_token")
                    #expect(try await daemon.admin("POST", "/v1/tokens/introspect", body: #"{"token":"\#(pair.access)"}"#).text == "null")
                    let verdict = try await daemon.admin("POST", "/v1/tokens/validate", body: #"{"token":"\#(pair.access)"}"#).json
                    #expect(verdict["valid"]?.flag == false && verdict["claims"] == .null)
                    #expect(try await daemon.send("GET", "/v1/revocations?jti=\(try pair.tokenId)").json["revoked"]?.flag == true)
                }
                for member in family.all {
                    let issued = try await daemon.admin("POST", "/v1/tokens", body: #"{"identityId":"\#(member.id)"}"#)
                    let tokens = try await daemon.admin("GET", "/v1/tokens/\(member.id)")
                    let shown = try await daemon.admin("GET", "/v1/identities/\(member.id)")
                    let child = try await daemon.admin(
                        "POST", "/v1/identities/\(member.id)/sub-agents", body: #"{"name":"d"}"#)
                    if let status = fate.status {
                        #expect(shown.json["status"]?.text == status)
                        #expect(tokens.json["data"]?.elements == [])
                        expectError(issued, 403, "identity_\(status)")
                        expectError(child, 403, "identity_\(status)")
                    } else {
                        for reply in [issued, tokens, shown, child] { expectError(reply, 404, "identity_not_found") }
                    }
                }
            }
        }

        @Test("is told of each in the log, with what it came from", arguments: Fate.allCases)
        func logged(_ fate: Fate) async throws {
            try await withDaemon { daemon in
                let family = try await Family.make(in: daemon)
                _ = try await fate.meet(family.first.id, daemon, [("x-request-id", "the-one")])
                let action = fate == .suspend ? "identity.suspended" : fate == .retire ? "identity.retired" : "identity.deleted"
                let page = try await daemon.admin("GET", "/v1/audit?action=\(action)").json
                let entries = try #require(page["entries"]?.elements)
                #expect(Set(entries.compactMap { $0["identityId"]?.text }) == Set(family.all.map(\.id)))
                for entry in entries {
                    #expect(entry["requestId"]?.text == "the-one")
                    let isFirst = entry["identityId"]?.text == family.first.id
                    #expect(entry["metadata"]?["ancestorId"]?.text == (isFirst ? nil : family.first.id))
                }
            }
        }

        @Test("is suspended with a reason, and its descendants because of it")
        func reasons() async throws {
            try await withDaemon { daemon in
                let family = try await Family.make(in: daemon)
                expectField(try await daemon.admin("POST", "/v1/identities/\(family.first.id)/suspend", body: "{}"), "reason")
                expectField(
                    try await daemon.admin("POST", "/v1/identities/\(family.first.id)/suspend", body: #"{"reason":""}"#), "reason")
                #expect(try await daemon.send("GET", "/v1/identities", [family.third.pair.bearer]).status == 200, "nothing has happened")
                _ = try await Fate.suspend.meet(family.first.id, daemon)
                var reasons: [String?] = []
                for member in family.all {
                    reasons.append(try await daemon.admin("GET", "/v1/identities/\(member.id)").json["suspendReason"]?.text)
                }
                #expect(reasons == ["theft", "parent_suspended", "parent_suspended"])
                expectError(try await Fate.suspend.meet(family.second.id, daemon), 409, "identity_not_active")
                let suspended = try await daemon.admin("GET", "/v1/identities?status=suspended").json["data"]?.elements
                #expect(suspended?.count == 3, "the neighbour's is not among them")
            }
        }

        @Test("Reactivation goes from the top down, one by one, and revives no token")
        func reactivation() async throws {
            try await withDaemon { daemon in
                let family = try await Family.make(in: daemon)
                _ = try await Fate.suspend.meet(family.first.id, daemon)
                func reactivate(_ member: Family.Member) async throws -> Reply {
                    try await daemon.admin("POST", "/v1/identities/\(member.id)/reactivate")
                }
                expectError(try await reactivate(family.third), 409, "identity_not_reactivatable")
                expectError(try await reactivate(family.second), 409, "identity_not_reactivatable")
                let first = try await reactivate(family.first)
                #expect(first.status == 200 && first.json["status"]?.text == "active", "\(first.text)")
                #expect(first.json["suspendedAt"] == nil && first.json["suspendReason"] == nil)
                expectError(try await reactivate(family.first), 409, "identity_not_reactivatable")
                expectError(try await reactivate(family.third), 409, "identity_not_reactivatable")
                for member in family.all.dropFirst() {
                    #expect(try await daemon.admin("GET", "/v1/identities/\(member.id)").json["status"]?.text == "suspended")
                }
                #expect(try await reactivate(family.second).status == 200)
                #expect(try await reactivate(family.third).status == 200)
                for member in family.all {
                    expectError(try await daemon.send("GET", "/v1/identities", [member.pair.bearer]), 401, "token_revoked")
                    expectError(try await daemon.refresh(member.pair.refresh), 401, "invalid_refresh_token")
                    #expect(try await daemon.admin("GET", "/v1/tokens/\(member.id)").json["data"]?.elements == [])
                    let fresh = try await daemon.pair(member.id)
                    #expect(try await daemon.send("GET", "/v1/identities", [fresh.bearer]).status == 200)
                }
            }
        }

        @Test("that is retired or deleted is final")
        func final() async throws {
            try await withDaemon { daemon in
                let family = try await Family.make(in: daemon)
                _ = try await Fate.retire.meet(family.second.id, daemon)
                let again = try await Fate.retire.meet(family.second.id, daemon)
                #expect(again.status == 200 && again.json["status"]?.text == "retired")
                for member in [family.second, family.third] {
                    expectError(
                        try await daemon.admin("POST", "/v1/identities/\(member.id)/reactivate"), 409, "identity_not_reactivatable")
                    expectError(try await Fate.suspend.meet(member.id, daemon), 409, "identity_not_active")
                    expectError(
                        try await daemon.admin("PATCH", "/v1/identities/\(member.id)", body: #"{"name":"z"}"#), 403, "identity_retired")
                }
                #expect(try await daemon.send("GET", "/v1/identities", [family.first.pair.bearer]).status == 200, "the parent lives on")
                #expect(try await Fate.delete.meet(family.first.id, daemon).status == 204)
                expectError(try await Fate.delete.meet(family.first.id, daemon), 404, "identity_not_found")
                for member in family.all {
                    expectError(try await daemon.admin("GET", "/v1/identities/\(member.id)"), 404, "identity_not_found")
                }
                #expect(try await daemon.admin("GET", "/v1/identities").json["data"]?.elements == [])
                #expect(
                    try await daemon.admin("POST", "/v1/identities", body: #"{"name":"a","sponsorId":"ada"}"#).status == 201,
                    "its name is free again")
                let told = try await daemon.admin("GET", "/v1/audit?identityId=\(family.third.id)").json["entries"]?.elements
                #expect(told?.contains { $0["action"]?.text == "identity.created" } == true, "what the log says of it stays")
            }
        }

        @Test("Nothing of it reaches the neighbour", arguments: Fate.allCases)
        func neighbour(_ fate: Fate) async throws {
            try await withDaemon { daemon in
                let neighbour = try await daemon.neighbour
                expectError(try await fate.meet(neighbour.identity, daemon), 404, "identity_not_found")
                let family = try await Family.make(in: daemon)
                _ = try await fate.meet(family.first.id, daemon)
                let tokens = try await daemon.admin("GET", "/v1/tokens/\(neighbour.identity)", [neighbour.header]).json["data"]?.elements
                #expect(tokens?.compactMap { $0["jti"]?.text } == [neighbour.tokenId])
                let shown = try await daemon.admin("GET", "/v1/identities", [neighbour.header]).json["data"]?.elements
                #expect(shown?.count { $0["status"]?.text == "active" } == Neighbour.identities - 1)
                #expect(
                    try await daemon.admin("GET", "/v1/identities/\(neighbour.identity)/sub-agents", [neighbour.header]).json["data"]?
                        .elements?.compactMap { $0["id"]?.text } == [neighbour.child])
            }
        }

        @Test(
            "Deleting wants its header, and that to say true",
            arguments: [nil, "", "false", "1", "yes", "TRUE", "true, true", "\"true\""] as [String?])
        func confirmation(_ value: String?) async throws {
            try await withDaemon { daemon in
                let id = try await daemon.identity()
                let headers = value.map { [("x-confirm-delete", $0)] } ?? []
                expectField(try await daemon.admin("DELETE", "/v1/identities/\(id)", headers), "X-Confirm-Delete")
                expectField(
                    try await daemon.admin("DELETE", "/v1/identities/agent_00000000000000000000000000", headers), "X-Confirm-Delete")
                #expect(try await daemon.admin("GET", "/v1/identities/\(id)").status == 200)
                let done = try await daemon.admin("DELETE", "/v1/identities/\(id)", [("X-Confirm-Delete", "true")])
                #expect(done.status == 204 && done.body.isEmpty && done["content-length"] == nil)
            }
        }
    }
}
