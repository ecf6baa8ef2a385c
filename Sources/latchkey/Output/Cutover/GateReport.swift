/// A gate of a step of the cutover: what was measured, and whether it lets the step pass.
struct GateReport {
    let name: String
    let isPassed: Bool
    let isOverridable: Bool
    private let detail: String

    /// - Throws: `.failed` when the daemon does not say how the gate stands: that is no "yes".
    init(_ gate: JSONValue) throws(CommandFailure) {
        guard let name = gate["name"]?.text, let isPassed = gate["passed"]?.bool, let detail = gate["detail"]?.text else {
            throw JSONScanner.foreign
        }
        self.name = name
        self.isPassed = isPassed
        self.isOverridable = gate["overridable"]?.bool ?? false
        self.detail = detail
    }

    var line: String { "\(isPassed ? "✓" : "✗") \(Shown.sentence(name)): \(Shown.sentence(detail))" }

    /// - Parameter isOverridden: whether the operator has given a reason to go on all the same.
    func refuses(isOverridden: Bool) -> Bool { !isPassed && !(isOverridden && isOverridable) }

    static func all(_ gates: JSONValue?) throws(CommandFailure) -> [GateReport] {
        guard let elements = gates?.elements else { throw JSONScanner.foreign }
        var reports: [GateReport] = []
        for element in elements { reports.append(try GateReport(element)) }
        return reports
    }
}
