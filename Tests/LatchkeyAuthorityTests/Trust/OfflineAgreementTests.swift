@testable import LatchkeyAuthority
import Testing

@Suite("A verifier with a bundle and nothing else")
struct OfflineAgreementTests {
    /// Each is another life, of some hundred steps; the even ones are those of installs in a cutover.
    private static let seeds: [UInt64] = Array(1...24)

    @Test("says of every token that was ever issued what this install says at that moment", arguments: seeds)
    func agrees(_ seed: UInt64) async throws {
        let life = try await Life(seed: seed)
        for _ in 0..<16 {
            try await life.issueSurely()
            for _ in 0..<6 { try await life.step() }
            try await life.compare()
        }
        // Else there would have been little to compare.
        #expect(life.pairs.count >= 12, "\(life.pairs.count) pairs\n\(life.story.joined(separator: "\n"))")
        #expect(!life.isInCutover || life.oldTokens.count >= 6, "\(life.oldTokens.count) old tokens")
    }

    @Test("sees tokens of both kinds in such lives, those of the issuer before among them")
    func worthwhile() async throws {
        var (alive, dead, oldAlive, oldDead) = (0, 0, 0, 0)
        for seed: UInt64 in 1...12 {
            let life = try await Life(seed: seed)
            for _ in 0..<96 { try await life.step() }
            let living = try await life.alive()
            alive += living.own
            dead += life.pairs.count - living.own
            oldAlive += living.old
            oldDead += life.oldTokens.count - living.old
        }
        #expect(alive >= 5 && dead >= 20, "\(alive) alive, \(dead) dead")
        #expect(oldAlive >= 5 && oldDead >= 20, "of the issuer before: \(oldAlive) alive, \(oldDead) dead")
    }
}
