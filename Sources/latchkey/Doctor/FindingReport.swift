import LatchkeyVerifier

/// All findings, for people and for programs.
struct FindingReport {
    let findings: [Finding]

    /// The worst of what was found; what could not be looked at is no fault.
    private var verdict: Finding.Verdict { findings.map(\.verdict).filter { $0 != .skipped }.max() ?? .ok }

    private func count(_ verdict: Finding.Verdict) -> Int { findings.count(where: { $0.verdict == verdict }) }

    /// On a terminal a line each, and under it what mends it; elsewhere a row of four cells.
    func print() throws(CommandFailure) {
        guard Output.isTerminal else {
            for finding in findings {
                let cells = [finding.verdict.rawValue, finding.check, finding.sentence, finding.mend ?? "-"]
                try Output.line(cells.map { Shown.text($0) }.joined(separator: "\t"))
            }
            return
        }
        let widths = (findings.map(\.verdict.text.count).max() ?? 0, findings.map(\.check.count).max() ?? 0)
        for finding in findings {
            let verdict = Self.padded(finding.verdict.text, widths.0)
            let colour = Output.usesColour ? finding.verdict.colour : nil
            try Output.line(
                "\(colour?.painted(verdict) ?? verdict)  \(Self.padded(finding.check, widths.1))  \(Shown.sentence(finding.sentence))")
            guard let mend = finding.mend else { continue }
            try Output.line(
                Self.padded("", widths.0 + widths.1 + 4) + (finding.verdict == .skipped ? "look at it: " : "mend it: ") + Shown.text(mend))
        }
    }

    private static func padded(_ text: String, _ width: Int) -> String { text + String(repeating: " ", count: max(width - text.count, 0)) }

    var json: [UInt8] {
        var writer = JSONWriter(capacity: 8192)
        writer.object { writer in
            writer.member("verdict", verdict.rawValue)
            writer.member("failed", Int64(count(.failed)))
            writer.member("warnings", Int64(count(.warning)))
            writer.member("skipped", Int64(count(.skipped)))
            writer.key("checks")
            writer.array { writer in
                for finding in findings {
                    writer.object { writer in
                        writer.member("check", finding.check)
                        writer.member("verdict", finding.verdict.rawValue)
                        writer.member("finding", finding.sentence)
                        writer.member("mend", ifPresent: finding.mend)
                    }
                }
            }
        }
        return writer.bytes
    }

    /// - Throws: `.failed` when something was found that has failed.
    func judge() throws(CommandFailure) {
        let count = count(.failed)
        guard count > 0 else { return }
        throw CommandFailure(
            .failed, count == 1 ? "1 check has failed" : "\(count) checks have failed",
            hint: "mend what has failed from the top, and look again: latchkey doctor")
    }
}
