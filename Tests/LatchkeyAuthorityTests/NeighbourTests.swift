@testable import LatchkeyAuthority
import LatchkeyVerifier
import Testing

@Suite("What an organisation learns of its neighbours")
struct NeighbourTests {
    @Test("is not what they are called: a key may take any name, only the operator is told that it is taken")
    func names() async throws {
        let install = try Install()
        let theirs = try await install.authority.createOrganisation(name: "theirs", by: install.admin)
        let caller = try await install.caller(install.key(["*"]))
        var change = OrganisationChange()
        change.name = "theirs"
        let renamed = try await install.authority.updateOrganisation(change, by: caller)
        #expect(renamed.record.name == theirs.record.name && renamed.record.id != theirs.record.id)
        let other = try Caller(install.authority.administrator(uid: 0, organisation: theirs.record.id), RequestOrigin())
        change.name = "mine"
        _ = try await install.authority.createOrganisation(name: "mine", by: install.admin)
        do {
            let refused = await refusal { [change] in try await install.authority.updateOrganisation(change, by: other) }
            #expect(refused?.code == .invalidRequest)
        }
    }

    @Test("is nothing of the whole install: a key, whatever it holds, lists no organisation and makes none")
    func operatorOnly() async throws {
        let install = try Install()
        let caller = try await install.caller(install.key(["*"]))
        let refused = await refusal { try install.authority.organisations(PageRequest(limit: 10), by: caller) }
        #expect(refused?.code == .peerNotAllowed)
        let before = try install.contents()
        do {
            let refused = await refusal { try await install.authority.createOrganisation(name: "x", by: caller) }
            #expect(refused?.code == .peerNotAllowed)
        }
        #expect(try install.contents() == before)
    }

    @Test("does not reach their verifiers: no identity's workspace is another organisation's id")
    func workspace() async throws {
        let install = try Install()
        let other = try await install.otherOrganisation()
        var request = IdentityRequest(name: "worker", sponsorId: "user_1")
        request.workspaceId = other.principal.organisation
        do {
            let refused = await refusal { [request] in try await install.authority.createIdentity(request, by: install.admin) }
            #expect(refused?.code == .invalidRequest)
        }
        request.workspaceId = install.authority.firstOrganisation
        _ = try await install.authority.createIdentity(request, by: install.admin)
    }

    @Test("stands in the log at the moment of the write, in the order of the writes")
    func order() async throws {
        let install = try Install()
        let identity = try await install.identity()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<40 {
                group.addTask {
                    if number % 4 == 0 { install.clock.advance(milliseconds: 1) }
                    _ = try await install.issue(identity)
                }
            }
            try await group.waitForAll()
        }
        let moments = try install.audit().map(\.timestamp)
        #expect(moments == moments.sorted())
    }
}
