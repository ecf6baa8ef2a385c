@testable import LatchkeyScopes
import Testing

/// Every scope of known words, and every text that is one slip of the hand away from it.
@Suite struct `A known scope with one slip of the hand` {
    private static let known: [String] = {
        let words = [
            ("relayauth", KnownWords.resources(of: "relayauth"), ["*"]), ("relayfile", ["fs"], ["*", "/docs/*", "/docs/a"]),
            ("relaycast", ["channel"], ["*", "general"]), ("cloud", ["run"], ["*"]),
        ]
        return words.flatMap { plane, resources, paths in
            resources.flatMap { resource in
                (KnownWords.actions + ["*"]).flatMap { action in paths.map { "\(plane):\(resource):\(action):\($0)" } }
            }
        }
    }()

    private static let separators = Array("-*:/ _A%\u{202e}")
    private static let letters = Array("abcdefghijklmnopqrstuvwxyz0123456789")

    @Test(arguments: known)
    func `is taken for what it says or refused, with the scope that was meant where a word is unknown`(known: String) throws {
        let original = try Scope(known)
        let parts = known.split(separator: ":").map(String.init)
        var (taken, refused, named) = (0, 0, 0)
        for slip in slips(of: known) {
            let expected = Oracle.parse(slip)
            do {
                let scope = try Scope(slip)
                taken += 1
                #expect(scope.text == expected?.text, "\(slip)")
                // a slip never widens, but for a star that was put in
                if scope.covers(original) && scope != original { #expect(slip.count { $0 == "*" } > known.count { $0 == "*" }, "\(slip)") }
            } catch {
                refused += 1
                #expect(expected == nil, "\(slip) is refused: \(error.message)")
                if let suggestion = error.suggestion {
                    #expect((try? Scope(suggestion))?.text == suggestion, "\(slip)")
                    #expect(isOneSlip(slip, suggestion), "\(slip) and \(suggestion)")
                    #expect(error.message.contains("did you mean \"\(suggestion)\"?"))
                }
                let wrong = slip.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
                guard wrong.count == 4 else { continue }
                let changed = wrong.indices.filter { wrong[$0] != parts[$0] }
                // beside a star there is nothing that could have been meant
                guard changed.count == 1, let place = changed.first, place == 0 || place == 2, !wrong[place].isEmpty, parts[place] != "*"
                else { continue }
                named += 1
                #expect(error.suggestion != nil, "\(slip) is refused without the word that was meant: \(error.message)")
            }
        }
        #expect(taken > 5 && refused > 100 && named > 20, "too few slips to mean anything")
    }

    private func slips(of text: String) -> Set<String> {
        let characters = Array(text)
        // all letters once for each plane and action; for the rest a few stand for all
        let isFirst = ["api-key", "fs", "channel", "run"].contains(text.split(separator: ":")[1]) && text.hasSuffix(":*")
        let letters = Self.separators + (isFirst ? Self.letters : ["a", "e", "0"])
        var slips: Set<String> = []
        for place in 0...characters.count {
            for letter in letters { slips.insert(String(characters[..<place] + [letter] + characters[place...])) }
            guard place < characters.count else { continue }
            for letter in letters { slips.insert(String(characters[..<place] + [letter] + characters[(place + 1)...])) }
            slips.insert(String(characters[..<place] + characters[(place + 1)...]))
            guard place + 1 < characters.count else { continue }
            var swapped = characters
            swapped.swapAt(place, place + 1)
            slips.insert(String(swapped))
        }
        slips.remove(text)
        return slips
    }

    /// Whether one text comes of the other by a character put in, left out or changed, or by two neighbours swapped.
    private func isOneSlip(_ one: String, _ other: String) -> Bool {
        let (a, b) = (Array(one.unicodeScalars), Array(other.unicodeScalars))
        let head = zip(a, b).prefix { $0 == $1 }.count
        let tail = zip(a.dropFirst(head).reversed(), b.dropFirst(head).reversed()).prefix { $0 == $1 }.count
        let (left, right) = (Array(a[head..<(a.count - tail)]), Array(b[head..<(b.count - tail)]))
        return left.count <= 1 && right.count <= 1 || left.count == 2 && right == left.reversed()
    }
}
