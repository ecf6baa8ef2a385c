/// Something in a store that is not as it must be.
package struct CheckFinding: Sendable, Equatable, Codable {
    package enum Kind: String, Sendable, Codable {
        /// A key or a row that is not of its table's form.
        case unreadable
        /// A row that follows from others and is not there.
        case missing
        /// A row that should follow from others, and does not.
        case stray
        /// A row that follows from others, with another content.
        case wrong
        /// A record that names what is not there.
        case dangling
        /// Records that can't be true together.
        case impossible
    }

    package let kind: Kind
    package let table: String
    /// A sentence. Never holds a secret, its hash or the content of a row.
    package let sentence: String
    /// Whether what is right follows from other rows.
    package let isRepairable: Bool
    /// Whether it was put right, and a look at the store afterwards no longer found it.
    package internal(set) var isRepaired = false
}

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
    /// Whether nothing is wrong but what the audit log is evidence of.
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
