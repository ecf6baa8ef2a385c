@testable import LatchkeyAuthority
import LatchkeyStore
import Testing

@Suite("A clock that jumps while a token waits for its commit")
struct ClockAtCommitTests {
    @Test("lets nothing be handed out that was signed before")
    func jumped() async throws {
        let install = try Install.prepared()
        let identity = try await install.identity()
        let store = install.store
        let gate = Gate()
        let holder = Task { try await store.write { _ in gate.pass() } }
        await gate.waitForEntry()
        let issue = Task { await refusal { try await install.issue(identity) }?.code }
        while store.statistics.waiting < 1 { await Task.yield() }
        install.clock.step(seconds: 7200)
        gate.open()
        try await holder.value
        #expect(await issue.value == .clockUnreliable)
        #expect(try install.audit(.tokenIssued).isEmpty)
    }
}
