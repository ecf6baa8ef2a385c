import FoundationEssentials
import LatchkeyCrypto
import LatchkeyVerifier
import Synchronization
import Testing

@Suite("The key fetcher")
struct KeyFetcherTests {
    private let now = TokenDraft.now
    private let policy = TokenPolicy(issuer: "https://keys.example", audiences: ["relayfile"])

    /// An authority that is asked for its JWKS, and counts.
    private final class Publisher: Sendable {
        struct Unreachable: Error {}

        private struct State {
            /// `nil` while it can't be reached.
            var document: [UInt8]?
            var count = 0
            var running = 0
            var mostAtOnce = 0
            var cancelled = 0
            /// While it answers nobody.
            var isHeld = false
            var held: [CheckedContinuation<Void, Never>] = []
        }

        private let state: Mutex<State>

        init(_ keys: RSAPrivateKey...) {
            state = Mutex(State(document: Publisher.document(keys)))
        }

        static func document(_ keys: [RSAPrivateKey]) -> [UInt8] {
            try! Array(JSONEncoder().encode(JWKSet(keys: keys.map { Keys.jwk($0) })))
        }

        var count: Int { state.withLock { $0.count } }
        var mostAtOnce: Int { state.withLock { $0.mostAtOnce } }
        /// How many end only after `letGo`.
        var held: Int { state.withLock { $0.held.count } }
        /// How many are under way.
        var running: Int { state.withLock { $0.running } }
        /// How many were told to end.
        var cancelled: Int { state.withLock { $0.cancelled } }

        func publish(_ document: [UInt8]?) { state.withLock { $0.document = document } }

        func publish(_ keys: RSAPrivateKey...) { publish(Publisher.document(keys)) }

        /// From here on a fetch ends only after `letGo`.
        func hold() { state.withLock { $0.isHeld = true } }

        /// From here on a fetch ends again, but those that are held.
        func answer() { state.withLock { $0.isHeld = false } }

        /// Lets so many end, the first first; the others stay held.
        func letGo(_ count: Int) {
            let held = state.withLock { state in
                let held = state.held.prefix(count)
                state.held.removeFirst(held.count)
                return Array(held)
            }
            for continuation in held { continuation.resume() }
        }

        func letGo() {
            let held = state.withLock { state in
                state.isHeld = false
                defer { state.held = [] }
                return state.held
            }
            for continuation in held { continuation.resume() }
        }

        func fetch() async throws -> [UInt8] {
            state.withLock { state in
                state.count += 1
                state.running += 1
                state.mostAtOnce = max(state.mostAtOnce, state.running)
            }
            await withCheckedContinuation { continuation in
                let isHeld = state.withLock { state in
                    if state.isHeld { state.held.append(continuation) }
                    return state.isHeld
                }
                if !isHeld { continuation.resume() }
            }
            await Task.yield()
            let document = state.withLock { state in
                state.running -= 1
                if Task.isCancelled { state.cancelled += 1 }
                return state.document
            }
            guard let document else { throw Unreachable() }
            return document
        }
    }

    /// What waiting comes to an end by.
    private final class Patience: Sendable {
        private let isOver = Mutex(false)

        func end() { isOver.withLock { $0 = true } }

        /// From here on waits last again.
        func renew() { isOver.withLock { $0 = false } }

        func wait() async {
            while !isOver.withLock({ $0 }), !Task.isCancelled { await Task.yield() }
        }
    }

    /// - Parameter patient: whether a token waits for as long as a fetch takes; else not at all.
    private func verifier(_ publisher: Publisher, patient: Bool = true, legacy: LegacyKey? = nil) -> TokenVerifier {
        let fetcher = KeyFetcher(timing: KeyFetcher.Timing(), legacy: legacy) {
            try await publisher.fetch()
        } wait: { _ in
            // Ends when it is cancelled, long before it is over.
            if patient { try? await Task.sleep(for: .seconds(3600)) }
        }
        return TokenVerifier(fetcher: fetcher, policy: policy)
    }

    /// Lets other tasks go on until the condition holds, or so often that it never will.
    private func until(_ condition: () -> Bool) async {
        for _ in 0..<100_000 where !condition() { await Task.yield() }
    }

    /// Why a token of `key`, issued at that moment and good for ten minutes, is refused.
    private func reason(
        _ verifier: TokenVerifier, _ key: RSAPrivateKey = Keys.first, at moment: Timestamp
    ) async throws -> VerificationError.Reason? {
        let token = try TokenDraft().signed { draft in
            draft.key = key
            draft.kid = key.publicKey.thumbprint
            draft.claims.issuedAt = moment.seconds
            draft.claims.expiresAt = moment.seconds + 600
        }
        return await reason(verifier, of: token, at: moment)
    }

    private func reason(_ verifier: TokenVerifier, of token: String, at moment: Timestamp) async -> VerificationError.Reason? {
        do {
            _ = try await verifier.verifyFetching(token, at: moment)
            return nil
        } catch {
            return error.reason
        }
    }

    @Test("fetches once, for as long as the set may be kept, and again after that")
    func age() async throws {
        let publisher = Publisher(Keys.first)
        let verifier = verifier(publisher)
        for seconds: Int64 in [0, 1, 3599] {
            let later = now.adding(seconds: seconds)
            #expect(try await reason(verifier, at: later) == nil)
            #expect(publisher.count == 1)
        }
        let later = now.adding(seconds: 3600)
        #expect(try await reason(verifier, at: later) == nil)
        #expect(publisher.count == 2)
    }

    @Test("fetches once for all who wait")
    func oneAtATime() async throws {
        let publisher = Publisher(Keys.first)
        publisher.hold()
        let verifier = verifier(publisher)
        let token = try TokenDraft().signed()
        let good = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<200 { group.addTask { await self.reason(verifier, of: token, at: self.now) == nil } }
            group.addTask {
                while publisher.count == 0 { await Task.yield() }
                publisher.letGo()
                return true
            }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(good == 201)
        #expect(publisher.count == 1 && publisher.mostAtOnce == 1)
    }

    @Test("lets 1,024 wait for a fetch; whoever comes then is answered from what is held")
    func crowd() async throws {
        let publisher = Publisher(Keys.first)
        publisher.hold()
        let verifier = verifier(publisher)
        let token = try TokenDraft().signed()
        let refused = Count()
        let good = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<1124 {
                group.addTask {
                    let reason = await self.reason(verifier, of: token, at: self.now)
                    if reason == .keySet { refused.increase() }
                    return reason == nil
                }
            }
            await self.until { refused.value == 100 }
            publisher.letGo()
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(good == 1024 && refused.value == 100 && publisher.count == 1)
    }

    @Test("finds a key that was published since, when a token names it")
    func newKey() async throws {
        let publisher = Publisher(Keys.first)
        let verifier = verifier(publisher)
        #expect(try await reason(verifier, at: now) == nil)
        publisher.publish(Keys.first, Keys.second)
        let later = now.adding(seconds: 30)
        #expect(try await reason(verifier, Keys.second, at: later) == nil)
        #expect(publisher.count == 2)
    }

    @Test("asks no more often than its cool-down for a kid that nobody has")
    func coolDown() async throws {
        let publisher = Publisher(Keys.first)
        let verifier = verifier(publisher)
        #expect(try await reason(verifier, at: now) == nil)
        for seconds: Int64 in 0..<30 {
            #expect(try await reason(verifier, Keys.second, at: now.adding(seconds: seconds)) == .unknownKey)
            #expect(publisher.count == 1)
        }
        for _ in 0..<50 { #expect(try await reason(verifier, Keys.second, at: now.adding(seconds: 30)) == .unknownKey) }
        #expect(publisher.count == 2)
        // A clock that goes back does not stop it for as long as it went.
        #expect(try await reason(verifier, Keys.second, at: now.adding(seconds: -61)) == .unknownKey)
        #expect(publisher.count == 3)
    }

    @Test("keeps its set while a fetch fails or gives something else, until it is too old")
    func failures() async throws {
        let publisher = Publisher(Keys.first)
        let verifier = verifier(publisher)
        #expect(try await reason(verifier, at: now) == nil)
        let documents: [[UInt8]?] = [nil, Array("{}".utf8), Array("no JWKS".utf8), [UInt8](repeating: 0x20, count: 2 << 20)]
        for (index, document) in documents.enumerated() {
            publisher.publish(document)
            let later = now.adding(seconds: 3600 + Int64(index) * 30)
            #expect(try await reason(verifier, at: later) == nil)
            #expect(publisher.count == index + 2)
        }
        let last = now.adding(seconds: 89_999)
        #expect(try await reason(verifier, at: last) == nil)
        let tooLate = now.adding(seconds: 90_000)
        #expect(try await reason(verifier, at: tooLate) == .keySet)
        publisher.publish(Keys.first)
        let again = now.adding(seconds: 90_030)
        #expect(try await reason(verifier, at: again) == nil)
    }

    @Test("waits no longer than its patience, and uses what comes later")
    func patience() async throws {
        let publisher = Publisher(Keys.first)
        publisher.hold()
        let verifier = verifier(publisher, patient: false)
        #expect(try await reason(verifier, at: now) == .keySet)
        // The first fetch was given up, and for its cool-down none is begun beside it.
        #expect(try await reason(verifier, at: now.adding(seconds: 29)) == .keySet)
        await until { publisher.held == 1 }
        #expect(publisher.count == 1)
        publisher.letGo()
        while try await reason(verifier, at: now) == .keySet { await Task.yield() }
        #expect(try await reason(verifier, at: now) == nil)
        #expect(publisher.mostAtOnce == 1)
    }

    @Test("gives up a fetch that never ends: the next one begins without it, and it changes nothing when it ends after all")
    func neverEnding() async throws {
        let publisher = Publisher(Keys.first)
        publisher.hold()
        let verifier = verifier(publisher, patient: false)
        #expect(try await reason(verifier, at: now) == .keySet)
        await until { publisher.held == 1 }
        publisher.answer()
        let later = now.adding(seconds: 30)
        // Each call is one step of the second fetch at least.
        var found = try await reason(verifier, at: later)
        for _ in 0..<100_000 where found == .keySet {
            await Task.yield()
            found = try await reason(verifier, at: later)
        }
        #expect(found == nil && publisher.count == 2)
        publisher.publish(Keys.second)
        publisher.letGo()
        await until { publisher.running == 0 }
        for _ in 0..<1000 { await Task.yield() }
        #expect(publisher.running == 0 && publisher.cancelled == 1)
        #expect(try await reason(verifier, at: later.adding(seconds: 1)) == nil)
        #expect(publisher.count == 2)
    }

    @Test("waits for a fetch that hangs once, and answers from what it holds until the next may begin")
    func hanging() async throws {
        let publisher = Publisher(Keys.first)
        let verifier = verifier(publisher, patient: false)
        while try await reason(verifier, at: now) == .keySet { await Task.yield() }
        publisher.hold()
        let old = now.adding(seconds: 3600)
        for seconds: Int64 in [0, 1, 29] {
            let later = old.adding(seconds: seconds)
            #expect(try await reason(verifier, at: later) == nil)
            await until { publisher.held == 1 }
            #expect(publisher.count == 2)
        }
        publisher.answer()
        let next = old.adding(seconds: 30)
        #expect(try await reason(verifier, at: next) == nil)
        await until { publisher.count == 3 }
        #expect(publisher.count == 3)
        publisher.letGo()
    }

    @Test("gives up the second fetch, too, when the first comes late and answers all who wait for the second")
    func lateFirst() async throws {
        let publisher = Publisher(Keys.first)
        publisher.hold()
        let patience = Patience()
        let fetcher = KeyFetcher(timing: KeyFetcher.Timing(), legacy: nil) {
            try await publisher.fetch()
        } wait: { _ in
            await patience.wait()
        }
        let verifier = TokenVerifier(fetcher: fetcher, policy: policy)
        async let first = reason(verifier, at: now)
        await until { publisher.held == 1 }
        patience.end()
        let early = try await first
        #expect(early == .keySet)
        patience.renew()
        async let second = reason(verifier, at: now.adding(seconds: 30))
        await until { publisher.held == 2 }
        publisher.letGo(1)
        let answered = try await second
        #expect(answered == nil)
        // Nobody waits for the second any more, which never ends.
        patience.end()
        publisher.answer()
        let later = now.adding(seconds: 3660)
        for _ in 0..<100_000 where publisher.count < 3 {
            _ = try await reason(verifier, at: later)
            await Task.yield()
        }
        #expect(publisher.count == 3)
        publisher.letGo()
    }

    @Test("takes readings of the clock that are out of order for one moment")
    func disorder() async throws {
        let publisher = Publisher(Keys.first)
        let verifier = verifier(publisher)
        #expect(try await reason(verifier, at: now.adding(milliseconds: 1)) == nil)
        #expect(try await reason(verifier, at: now) == nil)
        #expect(try await reason(verifier, at: now.adding(seconds: -59)) == nil)
        #expect(publisher.count == 1)
        let long = now.adding(seconds: -61)
        #expect(try await reason(verifier, at: long) == nil)
        #expect(publisher.count == 2)
    }

    @Test("answers at once from what it holds where nobody can wait")
    func synchronous() async throws {
        let publisher = Publisher(Keys.first)
        let verifier = verifier(publisher)
        let token = try TokenDraft().signed()
        func held() -> VerificationError.Reason? { refusal { try verifier.verify(token, at: now) } }
        #expect(held() == .keySet && publisher.count == 0)
        #expect(await reason(verifier, of: token, at: now) == nil)
        #expect(held() == nil && publisher.count == 1)
    }

    @Test("accepts HS256 with the legacy key that it was given, and not without")
    func legacy() async throws {
        let publisher = Publisher(Keys.first)
        let token = TokenDraft.legacy.coded()
        #expect(await reason(verifier(publisher), of: token, at: now) == .unknownKey)
        #expect(await reason(verifier(publisher, legacy: Legacy.key), of: token, at: now) == nil)
    }

    @Test("is not needed by verifiers that have their keys")
    func otherSources() async throws {
        let verifier = TokenVerifier(keys: try Keys.set(Keys.first), policy: policy)
        #expect(try await reason(verifier, at: now) == nil)
        #expect(try await reason(verifier, Keys.second, at: now) == .unknownKey)
    }
}

/// Counts, whoever says so.
private final class Count: Sendable {
    private let number = Mutex(0)
    var value: Int { number.withLock { $0 } }
    func increase() { number.withLock { $0 += 1 } }
}
