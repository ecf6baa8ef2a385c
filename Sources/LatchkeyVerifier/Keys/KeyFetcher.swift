import Synchronization

/// Keys that the caller fetches: a closure gives the bytes of the authority's JWKS, by whatever client the program has, and this decides
/// when it is called.
///
/// - At most one fetch is under way, however many tokens wait for it; a wait ends after `patience`, whatever the closure does.
/// - A set is used for `maxAge`, then fetched again. A token whose `kid` is in no set has it fetched, too, but not within `coolDown` of the
///   last attempt: made-up tokens can't make it a load on anybody.
/// - A fetch that fails, or gives what is no JWKS, leaves the set as it was; that one is used until it is as old as `greatestAge`.
///
/// ```swift
/// let fetcher = KeyFetcher { try await download("https://keys.example/.well-known/jwks.json") }
/// let verifier = TokenVerifier(fetcher: fetcher, policy: TokenPolicy(issuer: "https://keys.example", audiences: ["relayfile"]))
/// let claims = try await verifier.verifyFetching(token, at: SystemClock().now())
/// ```
public final class KeyFetcher: Sendable {
    /// Seconds.
    public struct Timing: Sendable {
        /// How long a set is used before it is fetched again: the `max-age` that the authority serves its JWKS with.
        public var maxAge: Int64 = 3600
        /// The shortest time between two attempts.
        public var coolDown: Int64 = 30
        /// The longest that a token waits for a fetch.
        public var patience: Int64 = 10
        /// How long a set is used while no fetch succeeds. By default no token of the authority lives longer.
        public var greatestAge: Int64 = 90_000

        public init() {}
    }

    /// A set, and which fetch it came with.
    struct Held: Sendable {
        let set: KeySet
        let fetchedAt: Timestamp
        let number: Int
    }

    private struct State {
        var held: Held?
        var lastAttempt: Timestamp?
        var isFetching = false
        /// Counts waiters and sets.
        var number = 0
        var waiters: [Int: CheckedContinuation<Void, Never>] = [:]
    }

    /// Whoever comes when so many wait already is answered from what is held.
    private static let greatestWaiterCount = 1024

    private let timing: Timing
    private let legacy: LegacyKey?
    private let fetch: @Sendable () async throws -> [UInt8]
    private let wait: @Sendable (Int64) async -> Void
    private let state = Mutex(State())

    /// - Parameters:
    ///   - legacy: a key of HS256 tokens that is accepted besides; none by default.
    ///   - fetch: gives the JWKS document. Called from any task, never twice at once.
    public convenience init(
        timing: Timing = Timing(), legacy: LegacyKey? = nil, fetch: @escaping @Sendable () async throws -> [UInt8]
    ) {
        self.init(timing: timing, legacy: legacy, fetch: fetch) { try? await Task.sleep(for: .seconds($0)) }
    }

    /// - Parameter wait: returns when so many seconds are over, or its task is cancelled.
    package init(
        timing: Timing, legacy: LegacyKey?, fetch: @escaping @Sendable () async throws -> [UInt8],
        wait: @escaping @Sendable (Int64) async -> Void
    ) {
        self.timing = timing
        self.legacy = legacy
        self.fetch = fetch
        self.wait = wait
    }
}

extension KeyFetcher {
    /// What was fetched last.
    ///
    /// - Throws: `.keySet` when nothing was, or too long ago.
    func heldKeys(at now: Timestamp) throws(VerificationError) -> KeySet {
        try usable(state.withLock { $0.held }, at: now).set
    }

    /// The keys, fetched where there are none yet or they are old.
    ///
    /// - Throws: `.keySet` when there are none that may be used.
    func keys(at now: Timestamp) async throws(VerificationError) -> Held {
        let held = state.withLock { $0.held }
        if let held, isWithin(timing.maxAge, of: held.fetchedAt, at: now) { return held }
        await attempt(at: now)
        return try usable(state.withLock { $0.held }, at: now)
    }

    /// Keys of a later fetch than `keys`; `nil` when none came, or it is too early to ask again.
    func keys(newerThan keys: Held, at now: Timestamp) async -> Held? {
        if let held = state.withLock({ $0.held }), held.number > keys.number { return held }
        await attempt(at: now)
        guard let held = state.withLock({ $0.held }), held.number > keys.number else { return nil }
        return held
    }

    private func usable(_ held: Held?, at now: Timestamp) throws(VerificationError) -> Held {
        guard let held else { throw VerificationError(.keySet, "no JWKS could be fetched yet; see that the authority can be reached") }
        guard isWithin(timing.greatestAge, of: held.fetchedAt, at: now) else {
            throw VerificationError(
                .keySet, "the JWKS was fetched at \(held.fetchedAt), and not since; see that the authority can be reached")
        }
        return held
    }

    /// A clock that went back proves nothing: then it counts as long ago.
    private func isWithin(_ seconds: Int64, of moment: Timestamp, at now: Timestamp) -> Bool {
        moment <= now && now < moment.adding(seconds: seconds)
    }

    /// Waits for the fetch that is under way, or for one that begins now if it may.
    private func attempt(at now: Timestamp) async {
        var timer: Task<Void, Never>?
        await withCheckedContinuation { continuation in
            let (begins, number) = admit(continuation, at: now)
            guard let number else { return continuation.resume() }
            if begins { Task { await self.run(at: now) } }
            timer = Task {
                await self.wait(self.timing.patience)
                self.release(number)
            }
        }
        timer?.cancel()
    }

    /// Takes a waiter in, and says whether a fetch has to begin and under which number the waiter stands; `nil` when there is nothing to wait
    /// for.
    private func admit(_ waiter: CheckedContinuation<Void, Never>, at now: Timestamp) -> (begins: Bool, number: Int?) {
        state.withLock { state in
            let isTooEarly = state.lastAttempt.map { isWithin(timing.coolDown, of: $0, at: now) } ?? false
            guard state.isFetching || !isTooEarly, state.waiters.count < Self.greatestWaiterCount else { return (false, nil) }
            let begins = !state.isFetching
            if begins {
                state.isFetching = true
                state.lastAttempt = now
            }
            state.number += 1
            state.waiters[state.number] = waiter
            return (begins, state.number)
        }
    }

    private func run(at now: Timestamp) async {
        var set: KeySet?
        if let document = try? await fetch(), let fetched = try? KeySet(jwks: document) {
            if let legacy { set = try? fetched.accepting(legacy) } else { set = fetched }
        }
        let waiters = state.withLock { state -> [CheckedContinuation<Void, Never>] in
            if let set {
                state.number += 1
                state.held = Held(set: set, fetchedAt: now, number: state.number)
            }
            state.isFetching = false
            defer { state.waiters = [:] }
            return Array(state.waiters.values)
        }
        for waiter in waiters { waiter.resume() }
    }

    /// Lets one go on whose patience is at its end.
    private func release(_ number: Int) {
        let waiter = state.withLock { $0.waiters.removeValue(forKey: number) }
        waiter?.resume()
    }
}
