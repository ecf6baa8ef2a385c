@testable import LatchkeyAuthority
import LatchkeyCrypto
import LatchkeyStore
import LatchkeyVerifier
import Testing

/// A fleet of verifiers of all kinds through cutovers forth and back. What a step would break is worked out from the fleet and from what was
/// done to it, never from what the authority says of itself; the gates must refuse exactly those steps.
@Suite("A mixed fleet through a whole cutover and back")
struct CutoverFleetTests {
    private static let turns = 200

    private func walk(_ seed: UInt64) async throws -> Fleet {
        var dice = Dice(seed)
        let fleet = try await Fleet()
        for turn in 0..<Self.turns {
            try await fleet.live(&dice)
            try await fleet.tryStep(.forward, &dice, "seed \(seed), turn \(turn)")
            if Int.random(in: 0..<4, using: &dice) == 0 { try await fleet.tryStep(.back, &dice, "seed \(seed), turn \(turn), back") }
        }
        return fleet
    }

    @Test("is never broken by a step that the gates let pass, no other step is refused, and every step and reason comes up")
    func walks() async throws {
        var taken: Set<String> = []
        var refused: Set<String> = []
        for seed in [1, 2, 3, 189_647] as [UInt64] {
            let fleet = try await walk(seed)
            taken.formUnion(fleet.taken)
            refused.formUnion(fleet.refused)
        }
        #expect(
            taken == ["legacy→published", "published→cutover", "cutover→sunset", "published→legacy", "cutover→published", "sunset→cutover"])
        #expect(
            refused == [
                "legacy→published: unreachable", "published→cutover: copies", "published→cutover: algorithm", "published→cutover: nobody",
                "cutover→sunset: tokens", "cutover→sunset: presented", "cutover→published: algorithm",
            ])
    }

    @Test("and so in a walk that is another one each time")
    func random() async throws {
        let seed = UInt64.random(in: 0..<1_000_000)
        print("the fleet's walk has the seed \(seed)")
        _ = try await walk(seed)
    }
}
