import Synchronization

/// Keys that the caller fetches: a closure gives the bytes of the authority's JWKS, by whatever client the program has, and this decides
/// when it is called.
///
/// - One fetch is asked for, however many tokens wait for it; a wait ends after `patience`, whatever the closure does. A fetch that has not
///   ended by then is given up: what it brings later counts as long as nothing newer is there, the next one begins after `coolDown`, and then
///   the one given up is cancelled.
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

        /// The times of an authority whose settings are the default ones.
        public init() {}
    }

    /// A set, and which fetch it came with.
    struct Held: Sendable {
        let set: KeySet
        let fetchedAt: Timestamp
        let number: Int
    }

    private struct Waiter {
        let continuation: CheckedContinuation<Void, Never>
        /// The fetch that it waits for.
        let fetch: Int
    }

    private struct State {
        var held: Held?
        var lastAttempt: Timestamp?
        /// The fetch that is under way and not given up.
        var fetch: Int?
        /// The last one that was begun, given up or not.
        var task: Task<Void, Never>?
        /// Counts waiters and fetches.
        var number = 0
        var waiters: [Int: Waiter] = [:]
    }

    /// What a waiter is told when it comes.
    private struct Admission {
        let waiter: Int
        let fetch: Int
        /// Whether the fetch has to be begun.
        let begins: Bool
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
    ///   - fetch: gives the JWKS document. Called from any task; a second time at once only after a fetch that has outlasted `patience`. It has to end
    ///     when its task is cancelled: one that does not stays besides those that come after it.
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

    /// Callers read the clock before they come here, and not in the order in which they do; a time service sets it back by a little. So a moment
    /// that is ahead by no more than the skew of two clocks is now. A clock that went back by more proves nothing: then it counts as long ago.
    private func isWithin(_ seconds: Int64, of moment: Timestamp, at now: Timestamp) -> Bool {
        moment <= now.adding(seconds: TokenPolicy.standardSkew) && now < moment.adding(seconds: seconds)
    }

    /// Waits for the fetch that is under way, or for one that begins now if it may.
    private func attempt(at now: Timestamp) async {
        var timer: Task<Void, Never>?
        await withCheckedContinuation { continuation in
            guard let admission = admit(continuation, at: now) else { return continuation.resume() }
            if admission.begins { begin(admission.fetch, at: now) }
            timer = Task {
                await self.wait(self.timing.patience)
                self.release(admission)
            }
        }
        timer?.cancel()
    }

    /// Takes a waiter in; `nil` when there is nothing to wait for.
    private func admit(_ waiter: CheckedContinuation<Void, Never>, at now: Timestamp) -> Admission? {
        state.withLock { state in
            let isTooEarly = state.lastAttempt.map { isWithin(timing.coolDown, of: $0, at: now) } ?? false
            guard state.fetch != nil || !isTooEarly, state.waiters.count < Self.greatestWaiterCount else { return nil }
            let begins = state.fetch == nil
            if begins { state.number += 1 }
            let fetch = state.fetch ?? state.number
            if begins {
                state.fetch = fetch
                state.lastAttempt = now
            }
            state.number += 1
            state.waiters[state.number] = Waiter(continuation: waiter, fetch: fetch)
            return Admission(waiter: state.number, fetch: fetch, begins: begins)
        }
    }

    /// Begins a fetch, and gives it up when it has had as long as anybody waits, whatever becomes of those who do.
    private func begin(_ number: Int, at now: Timestamp) {
        let limit = Task {
            await self.wait(self.timing.patience)
            self.giveUp(number)
        }
        let task = Task {
            await self.run(number, at: now)
            limit.cancel()
        }
        let former = state.withLock { state in
            let former = state.task
            state.task = task
            return former
        }
        former?.cancel()
    }

    private func run(_ number: Int, at now: Timestamp) async {
        var set: KeySet?
        if let document = try? await fetch(), let fetched = try? KeySet(jwks: document) {
            if let legacy { set = try? fetched.accepting(legacy) } else { set = fetched }
        }
        let released = state.withLock { state -> [CheckedContinuation<Void, Never>] in
            // A fetch that was given up may end after a newer one: then it says nothing.
            let isNewer = state.held.map { $0.number < number } ?? true
            if let set, isNewer { state.held = Held(set: set, fetchedAt: now, number: number) }
            if state.fetch == number { state.fetch = nil }
            let done = state.waiters.filter { $0.value.fetch <= number || (set != nil && isNewer) }
            for key in done.keys { state.waiters[key] = nil }
            return done.values.map(\.continuation)
        }
        for waiter in released { waiter.resume() }
    }

    private func giveUp(_ number: Int) {
        state.withLock { state in
            if state.fetch == number { state.fetch = nil }
        }
    }

    /// Lets one go on whose patience is at its end, and gives up the fetch where it is the one that began it: then that had as long as anybody
    /// waits.
    private func release(_ admission: Admission) {
        let waiter = state.withLock { state in
            let waiter = state.waiters.removeValue(forKey: admission.waiter)
            if waiter != nil, admission.begins, state.fetch == admission.fetch { state.fetch = nil }
            return waiter
        }
        waiter?.continuation.resume()
    }
}
