import LatchkeyAuthority
import LatchkeyCrypto

/// How a restore drill went: five lines for people, one object for programs.
struct DrillResult {
    let content: BackupFile.Content
    /// `nil` when the reader fell.
    let report: DrillReport?
    let masterKey: FoundMasterKey?
    let fallen: String?

    var isPassed: Bool { (report?.isPassed ?? false) && headerProblem == nil }
    /// Whether it can be restored: what is wrong with its audit log is told, and stays as it is.
    var isUsable: Bool { (report?.isUsable ?? false) && headerProblem == nil }

    /// What the file says of itself is nobody's word until the store says the same.
    private var headerProblem: String? {
        guard let report else { return nil }
        guard let id = report.installId, id == content.header.installId else {
            return
                "it says that it is of the install \(content.header.installId), and its store is of \(report.installId ?? "none that can be read")"
        }
        guard report.schemaVersion == content.header.schemaVersion else {
            let version = report.schemaVersion.map(String.init) ?? "none"
            return "it says that its store is of the form \(content.header.schemaVersion), and that is of the form \(version)"
        }
        return nil
    }

    var lines: [String] {
        let marks =
            [
                ("file", headerProblem == nil, headerProblem ?? file), ("records", hasGoodRecords, records),
                ("indexes", hasGoodIndexes, indexes),
            ]
            + [
                ("keys", report.map { $0.keyProblem == nil } ?? false, keys),
                ("token", report.map { $0.tokenProblem == nil } ?? false, token),
            ]
        return marks.map { name, isGood, sentence in
            let padding = String(repeating: " ", count: 9 - name.count)
            return "\(name)\(padding)\(isGood ? "" : "NOT GOOD: ")\(Shown.squeezed(sentence))"
        }
    }

    private var file: String {
        let header = content.header
        let encrypted = header.encryption == nil ? "" : ", encrypted"
        return
            "whole\(encrypted): \(ExportProgress.size(content.storeBytes)) of the install \(header.installId), made \(header.madeAt) by \(header.writer)"
    }

    private static let recordKinds: Set<CheckFinding.Kind> = [.unreadable, .dangling, .impossible]
    private static let indexKinds: Set<CheckFinding.Kind> = [.missing, .stray, .wrong]

    private var hasGoodRecords: Bool { report?.check.count(of: Self.recordKinds) == 0 }
    private var hasGoodIndexes: Bool { report?.check.count(of: Self.indexKinds) == 0 }

    private var records: String {
        guard let check = report?.check else { return fallen ?? "the store could not be read" }
        guard hasGoodRecords else { return Self.told(check, Self.recordKinds) }
        return "\(check.rows) rows in \(check.counts.count) tables, each readable and as it must be"
    }

    private var indexes: String {
        guard let check = report?.check else { return "not looked at" }
        return hasGoodIndexes ? "every index and every count is what the records say" : Self.told(check, Self.indexKinds)
    }

    private var keys: String {
        guard let report else { return "not tried" }
        guard report.triesKeys else { return "not tried: without the master key (--without-keys)" }
        if let problem = report.keyProblem { return problem }
        let anchors = "\(report.anchors) \(report.anchors == 1 ? "trust anchor" : "trust anchors")"
        let legacy = report.hasLegacySecret ? "; the legacy secret opened" : ""
        return
            "\(report.signingKeys) signing keys and \(anchors) opened, signed and verified, with the master key of \(masterKey?.source ?? "nobody")\(legacy)"
    }

    private var token: String {
        guard let report else { return "not tried" }
        guard report.triesKeys else { return "not tried" }
        return report.tokenProblem ?? "minted (\(report.tokenAlgorithm ?? "?")) and verified"
    }

    private static func told(_ check: CheckReport, _ kinds: Set<CheckFinding.Kind>) -> String {
        let shown = check.findings.filter { kinds.contains($0.kind) }.prefix(3).map(\.sentence)
        let more = check.count(of: kinds) - shown.count
        return shown.joined(separator: "; ") + (more > 0 ? "; and \(more) more" : "")
    }

    private struct Answer: Encodable {
        let file: String
        let passed: Bool
        let header: BackupHeader?
        let sha256: String?
        let storeBytes: Int64?
        let damage: String?
        let report: DrillReport?
    }

    func json(_ path: String) throws -> [UInt8] {
        try Output.sorted(
            Answer(
                file: path, passed: isPassed, header: content.header, sha256: Hexadecimal.text(content.sha256),
                storeBytes: content.storeBytes, damage: fallen, report: report))
    }

    /// Of a file that is no whole backup, for programs.
    static func json(_ path: String, damage: BackupError) throws -> [UInt8] {
        try Output.sorted(
            Answer(file: path, passed: false, header: nil, sha256: nil, storeBytes: nil, damage: damage.message, report: nil))
    }
}
