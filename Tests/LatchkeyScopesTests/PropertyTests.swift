import LatchkeyScopes
import Testing

@Suite struct `For scopes at random` {
    @Test(arguments: SeededGenerator.seeds)
    func `subset is reflexive and transitive, and never wider than its holder`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var chains = 0
        for _ in 0..<3_000 {
            let holder = try set(&random, from: Universe.grants)
            let middle = try set(&random, from: Universe.grants, upTo: 12)
            let lower = try set(&random, from: Universe.grants, upTo: 12).cut(to: middle)
            #expect(holder.isSubset(of: holder))
            let kept = middle.cut(to: holder)
            #expect(kept.isSubset(of: holder) && kept.isSubset(of: middle))
            #expect(kept.cut(to: holder) == kept)
            #expect((kept == middle) == middle.isSubset(of: holder))
            let below = lower.cut(to: kept)
            if !below.isEmpty { chains += 1 }
            #expect(below.isSubset(of: holder))
            let request = try Scope(random.pick(Universe.concrete).text)
            if kept.covers(request) { #expect(holder.covers(request)) }
        }
        #expect(chains > 100, "too few cases with something in them to mean anything")
    }

    @Test(arguments: SeededGenerator.seeds)
    func `a match implies a subset, and nothing else does`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<2_000 {
            let holder = try set(&random, from: Universe.grants)
            let request = try Scope(random.pick(Universe.grants + Universe.concrete).text)
            let match = holder.match(request)
            #expect(ScopeSet([request]).isSubset(of: holder) == (match != nil))
            #expect(holder.covers(request) == (match != nil))
            if let match {
                #expect(holder.scopes.contains(match))
                #expect(ScopeSet([match]).isSubset(of: holder))
            } else {
                #expect(ScopeSet([request]).firstNotCovered(by: holder) == request)
            }
        }
    }

    @Test(arguments: SeededGenerator.seeds)
    func `the grammar takes what the oracle takes, in the same normalised form`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var taken = 0
        for _ in 0..<10_000 {
            let text = candidate(&random)
            let scope = try? Scope(text)
            let expected = Oracle.parse(text)
            #expect(scope?.text == expected?.text, "\(text)")
            // A trusted text may name any plane; the oracle knows the built-in ones.
            let plane = text.prefix { $0 != ":" }
            if Oracle.planes.contains(String(plane)) {
                #expect((Scope.trusted(stored: text) != nil) == (expected?.text == text), "\(text)")
            }
            if scope != nil { taken += 1 }
        }
        #expect(taken > 500, "too few good texts to mean anything")
    }

    private func set(_ random: inout SeededGenerator, from pool: [Oracle.Grant], upTo most: Int = 5) throws -> ScopeSet {
        let size = Int.random(in: 0...most, using: &random)
        return ScopeSet(try (0..<size).map { _ in try Scope(random.pick(pool).text) })
    }

    /// A text that is often a scope and often nearly one.
    private func candidate(_ random: inout SeededGenerator) -> String {
        func often(_ good: [String], _ odd: [String]) -> String {
            Int.random(in: 0..<12, using: &random) == 0 ? random.pick(odd) : random.pick(good)
        }
        var parts = [
            often(["relayfile", "cloud", "*"], ["Cloud", "", "relayfil", "cl oud", "**", "fs"]),
            often(["fs", "run", "a-b", "*"], ["Fs", "", "a--b", "-a", "a-", "1a", "a1", "f*", "a.b"]),
            often(["read", "manage", "run", "*"], ["Read", "", "write", "r*", "reads", "**"]),
        ]
        if Bool.random(using: &random) || Bool.random(using: &random) {
            let pieces = [
                "/", "/", "/", "/docs", "/a", "*", "/*", ".", "/..", "%2e", "%2", "%5C", "%2F", "\\", "general", "e", ":", " ", "-", "//",
            ]
            let path = (0..<Int.random(in: 0...4, using: &random)).map { _ in random.pick(pieces) }.joined()
            parts.append(often(["*", "/docs/*", path, "/a" + path, path], ["", "**", path + "*"]))
        }
        return parts.joined(separator: ":")
    }
}
