import LatchkeyScopes
import Testing

/// A scope that the grammar allows and nobody can have meant.
@Suite struct `A slip in a resource` {
    private static let known = ["relayauth", "relayfile"].flatMap { plane in
        KnownWords.resources(of: plane).map { (plane: plane, resource: $0) }
    }

    private static let letters = Array("abcdefghijklmnopqrstuvwxyz0123456789-")

    @Test func `is told with the scope that was meant, wherever it is in whichever known resource`() throws {
        var told = 0
        for (plane, resource) in Self.known {
            for slip in Self.slips(of: resource) {
                // What is no resource at all is refused by the grammar.
                guard let scope = try? Scope("\(plane):\(slip):read") else { continue }
                let question = try #require(scope.slip, "\(scope)")
                #expect(question.contains("\"\(slip)\"") && question.hasSuffix("did you mean \"\(plane):\(resource):read:*\"?"))
                told += 1
            }
        }
        #expect(told > 2000, "too few slips to mean anything")
    }

    @Test(arguments: known) func `is none where the resource is known`(plane: String, resource: String) throws {
        for action in KnownWords.actions + ["*"] { #expect(try Scope("\(plane):\(resource):\(action)").slip == nil) }
    }

    @Test(arguments: [
        "*", "*:*:read", "*:identiy:read", "relayauth:*:read", "relayfile:*:read:/a", "relayauth:webhook:read", "relayfile:tree:read",
        "relaycast:identiy:read", "cloud:fss:run", "printer:tokn:read",
    ])
    func `is none where the resource may be another service's, or is far from all`(text: String) throws {
        #expect(try Scope(onAnyPlane: text).slip == nil)
    }

    @Test func `keeps its path, and is told with the word alone where the path would not do`() throws {
        #expect(try Scope("relayfile:fss:read:/docs/a").slip?.hasSuffix(#"did you mean "relayfile:fs:read:/docs/a"?"#) == true)
        #expect(try Scope("relayfile:fss:read:docs").slip?.hasSuffix(#"did you mean "fs"?"#) == true)
    }

    /// All texts that are one edit away, but the text itself.
    private static func slips(of text: String) -> Set<String> {
        let characters = Array(text)
        var slips: Set<String> = []
        for place in 0...characters.count {
            let (head, tail) = (characters[..<place], characters[place...])
            for letter in letters {
                slips.insert(String(head + [letter] + tail))
                if !tail.isEmpty { slips.insert(String(head + [letter] + tail.dropFirst())) }
            }
            slips.insert(String(head + tail.dropFirst()))
            guard tail.count > 1 else { continue }
            var swapped = characters
            swapped.swapAt(place, place + 1)
            slips.insert(String(swapped))
        }
        slips.remove(text)
        return slips
    }
}
