@testable import LatchkeyAuthority
import LatchkeyStore
import Testing

@Suite("The number of identities that came from one")
struct DescendantLimitTests {
    private func count(_ id: String, _ install: Install) throws -> UInt64? {
        try install.store.read { try $0.get(Tables.identityDescendants, id)?.sequence }
    }

    @Test("is counted on all that it came from, and goes down again with a deletion")
    func counted() async throws {
        let install = try Install()
        let a = try await install.identity("a", ["relayauth:*:*:*"])
        let b = try await install.identity("b", ["relayauth:*:*:*"], by: install.caller(install.issue(a)))
        let asB = try await install.caller(install.issue(b))
        let c = try await install.identity("c", ["relayauth:*:*:*"], by: asB)
        _ = try await install.identity("d", [], by: asB)
        #expect(try count(a.id, install) == 3)
        #expect(try count(b.id, install) == 2)
        #expect(try count(c.id, install) == nil)
        try await install.authority.deleteIdentity(c.id, by: install.admin)
        #expect(try count(a.id, install) == 2)
        #expect(try count(b.id, install) == 1)
        try await install.authority.deleteIdentity(b.id, by: install.admin)
        #expect(try count(a.id, install) == 0)
        #expect(try count(b.id, install) == nil)
    }

    @Test("has an end: the next one is refused, wherever below it is to be made, and nothing is left of it")
    func bounded() async throws {
        let install = try Install()
        let a = try await install.identity("a", ["relayauth:*:*:*"])
        let asA = try await install.caller(install.issue(a))
        let b = try await install.identity("b", ["relayauth:*:*:*"], by: asA)
        let asB = try await install.caller(install.issue(b))
        try await install.store.write { transaction in
            try transaction.put(Tables.identityDescendants, a.id, SequenceRow(Authority.mostDescendants - 1))
        }
        _ = try await install.identity("last", [], by: asB)
        let before = try install.contents()
        for caller in [asA, asB] {
            do {
                let refused = await refusal { try await install.identity("beyond", [], by: caller) }
                #expect(refused?.code == .sponsorChainTooLong)
            }
        }
        let request = SubAgentRequest(name: "beyond")
        do {
            let refused = await refusal {
                try await install.authority.createSubAgent(request, of: b.id, by: install.admin)
            }
            #expect(refused?.code == .sponsorChainTooLong)
        }
        #expect(try install.contents() == before)
    }
}
