@testable import LatchkeyAuthority
import LatchkeyCrypto
import LatchkeyStore
import LatchkeyVerifier
import Synchronization
import Testing

/// Threads that present one token again and again, and remember whether it was ever accepted after its revocation had been answered.
private final class Storm: Sendable {
    private let authority: Authority
    private let threads: Int
    /// What is presented in this round.
    private let token = Mutex("")
    private let starts: [Semaphore]
    private let ends = Semaphore()
    /// Whether the reply to the revocation of this round has come.
    private let isAnswered = Atomic(false)
    private let isOver = Atomic(false)
    let accepted = Atomic(0)
    let acceptedLate = Atomic(0)
    let refused = Atomic(0)

    init(_ authority: Authority, threads: Int) throws {
        self.authority = authority
        self.threads = threads
        starts = (0..<threads).map { _ in Semaphore() }
        for index in 0..<threads { _ = try PinnedThread { [self] in present(starts[index]) } }
    }

    private func present(_ start: Semaphore) {
        while true {
            start.wait()
            guard !isOver.load(ordering: .acquiring) else { return ends.signal() }
            let token = token.withLock { $0 }
            while true {
                // In this order: the reply had come before the token was presented.
                let isLate = isAnswered.load(ordering: .sequentiallyConsistent)
                let isGood = (try? authority.authenticate(token: token, audiences: nil)) != nil
                if isGood {
                    accepted.add(1, ordering: .relaxed)
                    if isLate { acceptedLate.add(1, ordering: .relaxed) }
                } else {
                    refused.add(1, ordering: .relaxed)
                }
                if isLate { break }
            }
            ends.signal()
        }
    }

    /// Lets all threads present a token while `revoke` runs, and waits until each has presented it once after that.
    func run(_ presented: String, revoke: () async throws -> Void) async throws {
        isAnswered.store(false, ordering: .sequentiallyConsistent)
        token.withLock { $0 = presented }
        for start in starts { start.signal() }
        try await revoke()
        isAnswered.store(true, ordering: .sequentiallyConsistent)
        for _ in 0..<threads { ends.wait() }
    }

    func end() {
        isOver.store(true, ordering: .releasing)
        for start in starts { start.signal() }
        for _ in 0..<threads { ends.wait() }
    }
}

@Suite("A storm of presentations")
struct RevocationStormTests {
    private static let threads = 8
    private static let rounds = 10_000

    private enum Way: String, CaseIterable {
        case token, session, identity, suspension
    }

    @Test(
        "8 threads present a token while it is revoked: after the reply it is accepted not once, in 10,000 rounds", .timeLimit(.minutes(15))
    )
    func storm() async throws {
        let install = try Install { $0.signingThreads = 2 }
        let storm = try Storm(install.authority, threads: Self.threads)
        var number = 0
        while number < Self.rounds {
            // Made ahead and at once: what is tried is their end.
            let identity = try await install.identity("storm \(number)")
            let tokens = try await withThrowingTaskGroup(of: TokenPair.self) { group in
                for _ in 0..<250 { group.addTask { try await install.issue(identity) } }
                return try await group.reduce(into: [TokenPair]()) { $0.append($1) }
            }
            for (index, pair) in tokens.enumerated() {
                // The last one of a batch falls with its identity.
                let last: Way = number / 250 % 2 == 0 ? .suspension : .identity
                let way: Way = index == tokens.count - 1 ? last : index % 3 == 0 ? .session : .token
                try await storm.run(pair.accessToken.text) {
                    switch way {
                    case .token: try await install.authority.revoke(.token(pair.tokenId), by: install.admin)
                    case .session: try await install.authority.revoke(.session(pair.sessionId), by: install.admin)
                    case .identity: try await install.authority.revoke(.identity(identity.id), by: install.admin)
                    case .suspension: try await install.suspend(identity)
                    }
                }
                number += 1
            }
        }
        storm.end()
        #expect(storm.acceptedLate.load(ordering: .relaxed) == 0)
        #expect(storm.refused.load(ordering: .relaxed) >= Self.rounds * Self.threads)
        // Else the threads were never there in time.
        #expect(storm.accepted.load(ordering: .relaxed) >= Self.rounds / 10)
    }
}
