/// What a look at every row of a store found.
package struct CheckReport: Sendable, Equatable, Codable {
    /// Findings of a kind that are told one by one; more are counted only.
    static let most = 1000

    /// Tables and their rows, in the order of the schema.
    package struct Count: Sendable, Equatable, Codable {
        package let table: String
        package let rows: Int
    }

    package internal(set) var counts: [Count] = []
    package internal(set) var findings: [CheckFinding] = []
    /// Findings in all.
    package internal(set) var total = 0
    /// Of these, how many are of which kind, by its name.
    package internal(set) var kinds: [String: Int] = [:]
    /// Of these, how many could be repaired.
    package internal(set) var repairable = 0
    /// How many were.
    package internal(set) var repaired = 0
    /// Of these, how many are of the audit log and stay as they are, for they are evidence. Nobody's credentials depend on them.
    package internal(set) var inLog = 0
    /// Why nothing was repaired although it was asked for and could be: a sentence.
    package internal(set) var problem: String?
    /// The program that wrote the store last.
    package internal(set) var writer = ""

    package init() {}

    package var rows: Int { counts.reduce(0) { $0 + $1.rows } }
    /// Whether nothing is wrong, or nothing any more.
    package var isSound: Bool { total == repaired }
    /// Whether nothing is wrong but what the audit log is evidence of, and what follows from other rows and can be put right.
    package var isMendable: Bool { total == repairable + inLog }
    /// Whether nothing is wrong, or nothing any more, but what the audit log is evidence of.
    package var isUsable: Bool { total == repaired + inLog }

    /// Findings of some kinds, also those that are not told one by one.
    package func count(of kinds: Set<CheckFinding.Kind>) -> Int { kinds.reduce(0) { $0 + (self.kinds[$1.rawValue] ?? 0) } }

    mutating func add(_ finding: CheckFinding) {
        total += 1
        if finding.isRepairable { repairable += 1 }
        if finding.isRepaired { repaired += 1 }
        if finding.isEvidence { inLog += 1 }
        let before = kinds[finding.kind.rawValue] ?? 0
        kinds[finding.kind.rawValue] = before + 1
        if before < Self.most { findings.append(finding) }
    }
}
