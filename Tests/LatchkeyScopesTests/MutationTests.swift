import LatchkeyScopes
import Testing

/// One character put in, taken out, changed, or swapped with its neighbour.
@Suite struct `A mutation of one character` {
    private static let alphabet = Array("*/:.-aedn2%\\ A")

    @Test(arguments: SeededGenerator.seeds)
    func `grants what its own text says and nothing more`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let requests = try (0..<60).map { _ in random.pick(Universe.concrete) }.map { ($0, try Scope($0.text)) }
        var parsed = 0
        for _ in 0..<25 {
            for mutant in mutants(of: random.pick(Universe.grants).text) {
                let expected = Oracle.parse(mutant)
                let scope = try? Scope(mutant)
                #expect(scope?.text == expected?.text, "\(mutant)")
                guard let expected, let scope else { continue }
                parsed += 1
                for (plain, request) in requests where scope.covers(request) != Oracle.covers(expected, plain) {
                    Issue.record("\(scope) and \(request)")
                }
            }
        }
        #expect(parsed > 300, "too few good mutants to mean anything")
    }

    @Test(arguments: SeededGenerator.seeds)
    func `never makes a grant without wildcards cover what it did, unless it is the same scope or puts in a star`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<25 {
            let original = try Scope(random.pick(Universe.concrete).text)
            for mutant in mutants(of: original.text) {
                guard let scope = try? Scope(mutant), scope != original else { continue }
                if scope.covers(original) { #expect(scope.text.contains("*"), "\(scope) covers \(original)") }
                if original.covers(scope) { Issue.record("\(original) covers its mutant \(scope)") }
            }
        }
    }

    private func mutants(of text: String) -> Set<String> {
        let characters = Array(text)
        var mutants: Set<String> = []
        for place in 0...characters.count {
            for letter in Self.alphabet {
                mutants.insert(String(characters[..<place] + [letter] + characters[place...]))
                if place < characters.count { mutants.insert(String(characters[..<place] + [letter] + characters[(place + 1)...])) }
            }
            guard place < characters.count else { continue }
            mutants.insert(String(characters[..<place] + characters[(place + 1)...]))
            guard place + 1 < characters.count else { continue }
            var swapped = characters
            swapped.swapAt(place, place + 1)
            mutants.insert(String(swapped))
        }
        mutants.remove(text)
        return mutants
    }
}
