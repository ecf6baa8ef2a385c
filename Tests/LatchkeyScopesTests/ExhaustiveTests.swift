import LatchkeyScopes
import Testing

/// Everything in the small world against everything, with the oracle as the judge.
@Suite struct `In the small world` {
    private let grants: [Scope]
    /// What the oracle says each grant covers of the concrete requests.
    private let reach: [BitRow]

    init() throws {
        grants = try Universe.grants.map { try Scope($0.text) }
        reach = Universe.grants.map { grant in BitRow(Universe.concrete.map { Oracle.covers(grant, $0) }) }
    }

    @Test func `each grant covers the requests that the oracle says`() throws {
        let requests = try Universe.concrete.map { try Scope($0.text) }
        for (grant, row) in zip(grants, reach) {
            #expect(BitRow(requests.map(grant.covers)) == row, "\(grant)")
        }
    }

    @Test func `a grant that covers a request covers all that the request stands for`() {
        for (grant, wide) in zip(grants, reach) {
            for (request, narrow) in zip(grants, reach) where grant.covers(request) && !narrow.isSubset(of: wide) {
                Issue.record("\(grant) covers \(request), but not all that it stands for")
            }
        }
    }

    @Test func `a request is refused only where the grant falls short or lacks a star`() {
        for (grant, wide) in zip(grants, reach) {
            for (request, narrow) in zip(grants, reach) where narrow.isSubset(of: wide) && !grant.covers(request) {
                let lacksStar =
                    (request.plane == "*" && grant.plane != "*") || (request.resource == "*" && grant.resource != "*")
                    || (request.action == "*" && grant.action != "*") || (request.path == "*" && grant.path != "*")
                if !lacksStar { Issue.record("\(grant) should cover \(request)") }
            }
        }
    }

    @Test func `covering is reflexive and transitive`() {
        let rows = grants.map { grant in BitRow(grants.map(grant.covers)) }
        for (index, grant) in grants.enumerated() {
            #expect(grant.covers(grant))
            for (other, covered) in grants.enumerated() where grant.covers(covered) && !rows[other].isSubset(of: rows[index]) {
                Issue.record("\(grant) covers \(covered), but not all that it covers")
            }
        }
    }
}
