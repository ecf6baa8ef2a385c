import Testing

@Suite("Nobody comes by more than they hold")
struct EscalationTests {
    /// Some fixed seeds, and one that is new in each run.
    static let seeds: [UInt64] = {
        let fresh = UInt64.random(in: 0 ... .max)
        print("escalation: this run's own seed is \(fresh)")
        return [5, 20_261_121, fresh]
    }()

    @Test(
        "by any chain of four mints, rotations, issues, sub-agents, refreshes and changes", arguments: EscalationWorld.Start.allCases, seeds
    )
    func search(_ start: EscalationWorld.Start, seed: UInt64) async throws {
        let search = try await EscalationSearch(seed: seed)
        for _ in 0..<40 { try await search.chain(from: start) }
        #expect(search.found.isEmpty, "seed \(seed): \(search.found.prefix(3).joined(separator: "\n"))")
        // A search that gets nowhere finds nothing.
        let made = search.made.values.reduce(0, +)
        #expect(made > 40, "\(search.made)")
        if start != .socket { #expect(search.refused.values.reduce(0, +) > 20, "\(search.refused)") }
    }

    @Test("and every kind of step is both made and refused on the way")
    func everyStep() async throws {
        let search = try await EscalationSearch(seed: 7)
        for _ in 0..<25 { for start in EscalationWorld.Start.allCases { try await search.chain(from: start) } }
        #expect(search.found.isEmpty, "\(search.found.prefix(3).joined(separator: "\n"))")
        for step in EscalationSearch.Step.allCases {
            #expect(search.made[step, default: 0] > 0, "\(step)")
            if step != .refresh { #expect(search.refused[step, default: 0] > 0, "\(step)") }
        }
    }
}
