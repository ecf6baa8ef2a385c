@testable import LatchkeyAuthority
import LatchkeyStore
import Testing

@Suite("The list of verifiers")
struct CutoverVerifierTests {
    private typealias Verifier = CutoverRecord.Verifier

    @Test("is kept in the order of names, each once, and is audited")
    func list() async throws {
        let install = try Install()
        try await install.importSecret()
        try await install.list("search", "HS256")
        try await install.list("billing", "HS256", "RS256")
        let expected = [Verifier(name: "billing", accepts: ["RS256", "HS256"]), Verifier(name: "search", accepts: ["HS256"])]
        #expect(try install.cutover()?.verifiers == expected)
        #expect(try await install.list("search", "RS256") == [expected[0], Verifier(name: "search", accepts: ["RS256"])])
        let before = try install.contents()
        try await install.list("search", "RS256")
        #expect(try install.contents() == before)
        let left = try await install.authority.setVerifier(VerifierRequest(name: "billing", accepts: nil), by: install.admin)
        #expect(left.map(\.name) == ["search"])
        #expect(try install.authority.cutoverStatus()?.verifiers == left)
        #expect(
            try install.audit(.cutoverVerifierChanged).map { $0.metadata["accepts"] } == ["HS256", "RS256 HS256", "RS256", "removed"])
    }

    @Test("refuses what is no name or no algorithm, and a removal of what is not there")
    func refusals() async throws {
        let install = try Install()
        try await install.importSecret()
        func field(_ name: String, _ accepts: [String]?) async -> String? {
            await refusal { try await install.authority.setVerifier(VerifierRequest(name: name, accepts: accepts), by: install.admin) }?
                .text("field")
        }
        for accepts in [[], ["rs256"], ["none"], ["RS256", "RS256"], ["RS256", "PS256"]] { #expect(await field("v", accepts) == "accepts") }
        for name in ["", "a\nb", String(repeating: "n", count: 101)] { #expect(await field(name, ["RS256"]) == "name") }
        #expect(await field("nobody", nil) == "name")
        for number in 0..<100 { try await install.list("v\(number)", "RS256") }
        #expect(await field("one more", ["RS256"]) == "name")
        #expect(await field("v7", ["HS256"]) == nil)
    }

    @Test("is closed once the cutover is over")
    func over() async throws {
        let install = try Install()
        try await install.reach(.sunset)
        try await install.list("late", "RS256")
        try await install.reach(.purged)
        #expect(await refusal { try await install.list("later", "RS256") }?.code == .cutoverGateRefused)
    }
}
