import FoundationEssentials
@testable import LatchkeyAuthority
import Testing

@Suite("The key ring, whatever happens")
struct KeyRingModelTests {
    /// One that is always the same and one that never was; or the one that is to be seen again.
    static let fixed: UInt64 = 4
    static let seeds: [UInt64] =
        ProcessInfo.processInfo.environment["LATCHKEY_MODEL_SEED"].flatMap { UInt64($0) }.map { [$0] } ?? [
            fixed, .random(in: 0...UInt64(UInt32.max)),
        ]

    @Test("never lets a good token fail at a verifier that plays by the rules", arguments: seeds)
    func model(_ seed: UInt64) async throws {
        print("the key ring's model: seed \(seed) (LATCHKEY_MODEL_SEED=\(seed) shows it again)")
        let model = try await KeyRingModel(seed: seed)
        do {
            for _ in 0..<250 where model.keys.left > 40 { try await model.event() }
            try await model.mendClock()
        } catch is KeyRingModel.Broken {
            // Told where it broke.
            return
        }
        // It has lived, and did not only wait; how much, chance decides, but for the seed that is always the same.
        let isFixed = seed == Self.fixed
        #expect(model.mints > (isFixed ? 200 : 0))
        #expect(try model.install.audit(.keyRotated).count > (isFixed ? 20 : 0))
    }
}
