import LatchkeyVerifier

/// What a look at the whole audit log found, for people and for programs.
struct LogResult {
    let report: LogReport
    /// Whether checkpoints were held against anchors that were named, not only against the store's own.
    let isAnchored: Bool

    /// A line each for what is wrong, the first fault first.
    var problems: [String] {
        report.headSentences + report.faults.map(\.sentence)
            + (report.total > report.faults.count ? ["and \(report.total - report.faults.count) more"] : [])
    }

    var facts: [(name: String, value: String?)] {
        let genesis = report.genesis.map {
            "\($0.leaves) entries, up to number \($0.through), are from before the tree was made, at \($0.at): what they were before nobody can tell"
        }
        let good = report.heads.count { $0.outcome == .extended }
        return [
            ("audit log", report.total == 0 ? "\(report.size) entries, as they were hashed" : "\(report.size) entries"),
            ("install", report.install), ("head", report.head.description),
            ("removed", report.removed > 0 ? "\(report.removed) entries by retention: \(leaves(isLost: false))" : nil),
            ("lost", report.lost > 0 ? "\(report.lost) entries were gone when a store was restored: \(leaves(isLost: true))" : nil),
            ("checkpoints", checkpoints), ("genesis", genesis),
            ("written down", report.heads.isEmpty ? nil : "goes on from \(good) of \(report.heads.count) heads"),
        ]
    }

    /// Where entries are missing that are told to be; their hashes are there.
    private func leaves(isLost: Bool) -> String {
        let places = report.absent.filter { $0.isLost == isLost }
        let shown = places.prefix(5).map { $0.first == $0.last ? "leaf \($0.first)" : "leaves \($0.first) to \($0.last)" }
        return shown.joined(separator: ", ") + (places.count > 5 ? ", and more (--json has them)" : "")
    }

    private var checkpoints: String {
        isAnchored
            ? "\(report.checkpoints), held against the trust anchor"
                + (report.strangers > 0
                    ? "; the first \(report.strangers) are signed by an anchor that the store says was there before it: name that one, too"
                    : "")
            : "\(report.checkpoints), held against the anchors that the store itself names; hold them against yours with --anchor"
    }

    var json: [UInt8] {
        var writer = JSONWriter(capacity: 2048)
        writer.object { writer in
            writer.member("good", report.isGood)
            writer.member("installId", report.install)
            writer.member("size", Int64(clamping: report.size))
            writer.member("root", report.root.description)
            writer.member("head", report.head.description)
            writer.member("removed", Int64(clamping: report.removed))
            writer.member("lost", Int64(clamping: report.lost))
            writer.key("absent")
            writer.array { writer in
                for leaves in report.absent {
                    writer.object { writer in
                        writer.member("first", Int64(clamping: leaves.first))
                        writer.member("last", Int64(clamping: leaves.last))
                        writer.member("reason", leaves.isLost ? "lost" : "removed")
                    }
                }
            }
            writer.member("checkpoints", Int64(report.checkpoints))
            writer.member("anchored", isAnchored)
            writer.member("unknownSigners", Int64(report.strangers))
            if let genesis = report.genesis {
                writer.key("genesis")
                writer.object { writer in
                    writer.member("leaves", Int64(clamping: genesis.leaves))
                    writer.member("through", Int64(clamping: genesis.through))
                    writer.member("at", genesis.at)
                }
            }
            writer.key("heads")
            writer.array { writer in
                for verdict in report.heads {
                    writer.object { writer in
                        writer.member("head", verdict.head)
                        writer.member("outcome", Self.word(verdict.outcome))
                    }
                }
            }
            writer.member("faultCount", Int64(report.total))
            writer.key("faults")
            writer.array { writer in
                for fault in report.faults {
                    writer.object { writer in
                        if let leaf = fault.place.leaf { writer.member("leaf", Int64(clamping: leaf)) }
                        if let sequence = fault.place.sequence { writer.member("seq", Int64(clamping: sequence)) }
                        writer.member("message", fault.sentence)
                    }
                }
            }
        }
        return writer.bytes
    }

    private static func word(_ outcome: LogReport.HeadVerdict.Outcome) -> String {
        switch outcome {
        case .extended: "extended"
        case .rewritten: "rewritten"
        case .beyond: "beyond"
        }
    }
}
