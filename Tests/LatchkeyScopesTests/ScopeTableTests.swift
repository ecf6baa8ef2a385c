import LatchkeyScopes
import Testing

@Suite struct `The table of scopes` {
    @Test(arguments: ScopeTable.shared.match)
    func `answers each grant and request as it says`(row: ScopeTable.Match) throws {
        let grant = try Scope(row.grant)
        let request = try Scope(row.request)
        #expect(grant.covers(request) == row.expected)
        #expect(ScopeSet([grant]).covers(request) == row.expected)
        #expect(ScopeSet([request]).isSubset(of: ScopeSet([grant])) == row.expected)
    }

    @Test(arguments: ScopeTable.shared.refused)
    func `refuses each bad text for its reason`(row: ScopeTable.Refused) throws {
        let error = try #require(throws: ScopeError.self) { try Scope(row.scope) }
        #expect(error.code.rawValue == row.reason)
        #expect(error.suggestion == row.suggestion)
        if let suggestion = row.suggestion { #expect(error.message.hasSuffix("; did you mean \"\(suggestion)\"?")) }
        if let says = row.says { #expect(error.message.contains(says)) }
        if row.suggestion == nil && row.says == nil { #expect(!error.message.contains("did you mean")) }
        #expect(error.scope.utf8.count <= 256)
        #expect(row.scope.utf8.starts(with: error.scope.utf8))
        #expect(error.message.unicodeScalars.allSatisfy { $0.isASCII ? (0x20...0x7E).contains($0.value) : !$0.properties.isWhitespace })
    }

    @Test(arguments: ScopeTable.shared.refused.filter { $0.reason != "unknown_plane" })
    func `does not trust a stored text that it would refuse`(row: ScopeTable.Refused) {
        #expect(Scope.trusted(stored: row.scope) == nil)
    }

    @Test(arguments: ScopeTable.shared.normalised)
    func `normalises each text, and the outcome stays as it is`(row: ScopeTable.Normalised) throws {
        let scope = try Scope(row.scope)
        #expect(Array(scope.text.utf8) == Array(row.text.utf8))
        #expect(scope.text == "\(scope.plane):\(scope.resource):\(scope.action):\(scope.path)")
        #expect(scope.description == scope.text)
        #expect(try Scope(scope.text) == scope)
        #expect(Scope.trusted(stored: scope.text) == scope)
    }

    @Test(arguments: ScopeTable.shared.normalised.filter { $0.scope != $0.text })
    func `does not trust a stored text that is not normalised`(row: ScopeTable.Normalised) {
        #expect(Scope.trusted(stored: row.scope) == nil)
    }

    @Test(arguments: ScopeTable.shared.subset)
    func `answers each pair of sets as it says`(row: ScopeTable.Subset) throws {
        let holder = try ScopeSet.parse(row.holder)
        let asked = try ScopeSet.parse(row.asked)
        #expect(asked.isSubset(of: holder) == row.expected)
        #expect(asked.firstNotCovered(by: holder)?.text == row.firstMissing)
    }

    @Test func `is large enough, and has every refusal of the grammar`() {
        let table = ScopeTable.shared
        #expect(table.match.count >= 150)
        #expect(table.match.count { $0.grant.contains(":fs:") } >= 30)
        #expect(Set(table.match.map { Pair(grant: $0.grant, request: $0.request) }).count == table.match.count)
        let reasons = Set(table.refused.map(\.reason))
        // The two others are no faults of one text; they have their tests with the sets and the planes.
        for code in ScopeError.Code.allCases where code != .tooMany && code != .invalidPlaneName {
            #expect(reasons.contains(code.rawValue))
        }
    }

    /// Compared by bytes: some rows differ in nothing that `String` would see.
    private struct Pair: Hashable {
        let bytes: [UInt8]

        init(grant: String, request: String) {
            bytes = Array(grant.utf8) + [0] + Array(request.utf8)
        }
    }
}
