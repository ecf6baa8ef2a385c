import LatchkeyScopes
@testable import LatchkeyServer
import Testing

@Suite("What scopes are good for")
struct ExplainTests {
    private static func explained(_ scopes: [String], on surface: Surface = .network) throws -> [String: RouteTable.Explained] {
        let all = RouteTable.api.explain(try ScopeSet.parse(scopes), on: surface)
        return Dictionary(uniqueKeysWithValues: all.map { ($0.facts.name, $0) })
    }

    @Test("is said of every route that asks for scopes or a credential, and of no other one")
    func all() throws {
        for surface in Surface.allCases {
            let names = Set(RouteTable.api.routes(on: surface).filter(Self.asks).map(\.name))
            #expect(Set(try Self.explained([], on: surface).keys) == names)
        }
        // Scopes don't say whether there is an identity.
        let explained = try Self.explained([])
        #expect(explained.values.filter(\.needsIdentity).map(\.facts.name) == ["mintSelfServiceKey"])
        // What only the operator itself may do, no scope gives.
        #expect(try Self.explained(["*"], on: .adminSocket)["getStatus"] == nil)
        #expect(try Self.explained([])["getOrganisation"] != nil)
    }

    private static func asks(_ route: Route) -> Bool {
        switch route.access {
        case .open, .operation: false
        case .anyAudience, .identity, .scopes: true
        }
    }

    @Test("names the scope that is missing, and none where nothing is")
    func missing() throws {
        let read = try Self.explained(["relayauth:api-key:read"])
        #expect(read["listApiKeys"]?.isAllowed == true && read["listApiKeys"]?.missing == nil)
        #expect(read["mintApiKey"]?.isAllowed == false && read["mintApiKey"]?.missing?.text == "relayauth:api-key:manage:*")
        #expect(read["listIdentities"]?.missing?.text == "relayauth:identity:read:*")
        let manage = try Self.explained(["relayauth:api-key:manage"])
        #expect(manage["listApiKeys"]?.isAllowed == true, "manage implies read")
        #expect(try Self.explained(["*"]).values.allSatisfy(\.isAllowed))
        #expect(try Self.explained(["relayauth:api-key:read:ak_1"])["listApiKeys"]?.isAllowed == false, "one key is not all")
    }
}
