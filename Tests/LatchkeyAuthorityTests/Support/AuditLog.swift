@testable import LatchkeyAuthority
import LatchkeyScopes
import LatchkeyStore
import LatchkeyVerifier
import Testing

/// Random numbers that are the same in each run (SplitMix64).
struct Dice: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}

/// What random entries are made of; one value of each is on no entry.
enum AuditValues {
    static let identities = ["agent_1", "agent_2", "agent_3", "agent_none"]
    static let actions: [AuditRecord.Action] = [.tokenIssued, .tokenRefreshed, .scopeDenied, .identityCreated, .bogusNever]
    static let workspaces = ["wks_a", "wks_b", "wks_none"]
    static let planes = ["relayauth", "relayfile", "cloud"]
    static let results: [AuditRecord.Result] = [.allowed, .denied, .error]
}

extension AuditRecord.Action {
    /// An action that no random entry has.
    fileprivate static let bogusNever = AuditRecord.Action.identityRetired
}

extension Install {
    /// Writes entries with these drafts and moments, in this order.
    @discardableResult
    func log(_ entries: [(draft: AuditDraft, at: Timestamp)]) async throws -> [AuditRecord] {
        try await store.write { transaction in
            var written: [AuditRecord] = []
            for entry in entries { written.append(try Authority.append(entry.draft, at: entry.at, in: transaction)) }
            return written
        }
    }

    /// Entries of these organisations with random fields, made by a clock that stands, jumps and goes back.
    func randomLog(_ count: Int, organisations: [String], seed: UInt64 = 1) async throws {
        var dice = Dice(seed)
        var now = clock.now()
        var entries: [(draft: AuditDraft, at: Timestamp)] = []
        for _ in 0..<count {
            now = now.adding(milliseconds: Int64.random(in: -4...6, using: &dice))
            var draft = AuditDraft(
                AuditValues.actions.dropLast().randomElement(using: &dice)!, actor: "system",
                organisation: organisations.randomElement(using: &dice)!)
            draft.identityId = (AuditValues.identities.dropLast() + [nil]).randomElement(using: &dice)!
            draft.workspaceId = (AuditValues.workspaces.dropLast() + [nil]).randomElement(using: &dice)!
            draft.plane = (AuditValues.planes.dropLast() + [nil]).randomElement(using: &dice)!
            draft.result = AuditValues.results.randomElement(using: &dice)!
            entries.append((draft, now))
        }
        try await log(entries)
    }

    /// All pages of a query, and how many there were.
    func query(_ filter: AuditFilter = AuditFilter(), limit: Int = 100, by caller: Caller? = nil) throws -> (
        entries: [AuditRecord], pages: Int
    ) {
        let caller = try caller ?? admin
        var seen: [AuditRecord] = []
        var pages = 0
        var cursor: String?
        repeat {
            let page = try authority.audit(filter, PageRequest(limit: String(limit), cursor: cursor, kind: .auditEntry), by: caller)
            #expect(page.elements.count <= limit)
            seen += try page.elements.map { try $0.record() }
            cursor = page.cursor
            pages += 1
        } while cursor != nil && pages < 2000
        #expect(cursor == nil)
        return (seen, pages)
    }

    /// What a query must find, by a look at every entry.
    func expected(_ filter: AuditFilter, organisation: String) throws -> [AuditRecord] {
        try audit().filter { entry in
            (filter.isUnattributed ? entry.orgId.isEmpty : entry.orgId == organisation)
                && (filter.identityId == nil || entry.identityId == filter.identityId)
                && (filter.action == nil || entry.action.rawValue == filter.action)
                && (filter.workspaceId == nil || entry.workspaceId == filter.workspaceId)
                && (filter.plane == nil || entry.plane == filter.plane)
                && (filter.result == nil || entry.result.rawValue == filter.result)
                && filter.from.map { entry.timestamp >= $0 } ?? true && filter.to.map { entry.timestamp < $0 } ?? true
        }.sorted { ($0.timestamp, $0.seq) > ($1.timestamp, $1.seq) }
    }

    /// All that an export gives.
    func exported(_ filter: AuditFilter = AuditFilter(), by caller: Caller? = nil, between: () async throws -> Void = {}) async throws
        -> [AuditRecord]
    {
        var export = try authority.auditExport(filter, by: caller ?? admin)
        var seen: [AuditRecord] = []
        var batches = 0
        while let batch = try export.next() {
            #expect(batch.count <= 500)
            seen += try batch.map { try $0.record() }
            batches += 1
            try #require(batches < 1000)
            try await between()
        }
        return seen
    }
}
