@testable import LatchkeyAuthority
import LatchkeyStore
import Testing

extension Install {
    /// Lets two operations decide on the same state, and commits the first before the second.
    func inOrder<First: Sendable, Second: Sendable>(
        _ first: @escaping @Sendable () async throws -> First, then second: @escaping @Sendable () async throws -> Second
    ) async throws -> (Result<First, any Error>, Result<Second, any Error>) {
        let gate = Gate()
        async let held: Void = store.write(.essential) { _ in gate.pass() }
        await gate.waitForEntry()
        let one = Task.detached { try await first() }
        while store.statistics.waiting < 1 { await Task.yield() }
        let other = Task.detached { try await second() }
        while store.statistics.waiting < 2 { await Task.yield() }
        gate.open()
        try await held
        return (await one.result, await other.result)
    }
}

extension Result {
    /// The code that the authority refused with; `nil` when it did not.
    var refusalCode: AuthorityError.Code? {
        guard case .failure(let error) = self else { return nil }
        return (error as? AuthorityError)?.code
    }
}
