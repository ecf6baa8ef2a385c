@testable import LatchkeyAuthority
import Testing

@Suite("A verifier with a bundle and nothing else")
struct OfflineAgreementTests {
    /// Each is another life, of some hundred steps.
    private static let seeds: [UInt64] = Array(1...24)

    @Test("says of every token that was ever issued what this install says at that moment", arguments: seeds)
    func agrees(_ seed: UInt64) async throws {
        let life = try Life(seed: seed)
        for _ in 0..<16 {
            for _ in 0..<6 { try await life.step() }
            try await life.compare(seed)
        }
        // Else there would have been little to compare.
        #expect(!life.pairs.isEmpty, "\(life.story.joined(separator: "\n"))")
    }

    @Test("sees tokens of both kinds in such lives")
    func worthwhile() async throws {
        var (alive, dead) = (0, 0)
        for seed: UInt64 in 1...12 {
            let life = try Life(seed: seed)
            for _ in 0..<96 { try await life.step() }
            let living = try life.alive()
            alive += living
            dead += life.pairs.count - living
        }
        #expect(alive >= 5 && dead >= 20, "\(alive) alive, \(dead) dead")
    }
}
