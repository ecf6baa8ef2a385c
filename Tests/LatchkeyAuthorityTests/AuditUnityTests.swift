@testable import LatchkeyAuthority
import LatchkeyScopes
import LatchkeyStore
import LatchkeyVerifier
import Synchronization
import Testing

@Suite("A change and its audit entry")
struct AuditUnityTests {
    struct Fault: Error {}

    /// Fails before one entry of those that are written from now on, and remembers which were asked about.
    final class Saboteur: Sendable {
        private struct State {
            var failAt: Int?
            var asked: [AuditRecord.Action] = []
        }

        private let state = Mutex(State())

        var asked: [AuditRecord.Action] { state.withLock { $0.asked } }

        func begin(failAt number: Int?) { state.withLock { $0 = State(failAt: number) } }

        func ask(_ action: AuditRecord.Action) throws {
            let fails = state.withLock { state in
                state.asked.append(action)
                return state.asked.count - 1 == state.failAt
            }
            if fails { throw Fault() }
        }
    }

    @Test("never part: a fault before any entry undoes the whole operation", arguments: MutatingOperation.all)
    func fault(_ operation: MutatingOperation) async throws {
        let saboteur = Saboteur()
        var seams = AuthoritySeams()
        seams.beforeRecord = { try saboteur.ask($0) }
        seams.makeKey = PreparedKeys().maker
        let install = try Install(seams: seams)
        let run = try await operation.prepare(install)
        let watcher = try install.authority.subscribe(types: nil, by: install.admin)
        let before = try install.contents()
        for number in operation.entries.indices {
            saboteur.begin(failAt: number)
            await #expect(throws: Fault.self) { try await run() }
            #expect(saboteur.asked == Array(operation.entries[...number]))
            #expect(try install.contents() == before)
        }
        saboteur.begin(failAt: nil)
        let last = try #require(install.audit().last).seq
        let batches = install.store.statistics.batches
        try await run()
        #expect(install.store.statistics.batches == batches + 1)
        #expect(saboteur.asked == operation.entries)
        let written = try install.audit().filter { $0.seq > last }
        #expect(written.map(\.action) == operation.entries)
        #expect(try install.contents() != before)
        // Those who watch heard of what was written for their organisation, once, and of nothing that was not.
        let own = written.filter { $0.orgId == install.authority.firstOrganisation }
        #expect(try await told(watcher).map(\.type) == own.map(\.action.rawValue))
        try install.expectTrueIndexes()
    }

    @Test("are tried for every action that an operation writes")
    func complete() {
        // Written as summaries of what was counted.
        let summaries: Set<AuditRecord.Action> = [.apiKeyDenied, .scopeDenied, .scopeEscalationDenied]
        // Written to a store that no authority has open, in the commit of a restore.
        let elsewhere: Set<AuditRecord.Action> = [.backupRestored]
        let tried = Set(MutatingOperation.all.flatMap(\.entries))
        #expect(tried == Set(AuditRecord.Action.allCases).subtracting(summaries).subtracting(elsewhere))
    }
}
