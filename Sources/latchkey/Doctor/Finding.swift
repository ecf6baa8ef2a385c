/// How one thing was found that the doctor looked at.
struct Finding: Equatable {
    enum Verdict: String, Comparable {
        case ok
        /// It could not be looked at; the sentence says why.
        case skipped
        /// It works, and somebody should know.
        case warning
        case failed

        static func < (a: Self, b: Self) -> Bool { a.rank < b.rank }

        private var rank: Int {
            switch self {
            case .ok: 0
            case .skipped: 1
            case .warning: 2
            case .failed: 3
            }
        }

        /// With a mark that is seen without colour.
        var text: String {
            switch self {
            case .ok: "✓ ok"
            case .skipped: "- skipped"
            case .warning: "! warning"
            case .failed: "✗ failed"
            }
        }

        var colour: Colour? {
            switch self {
            case .ok: .green
            case .skipped: nil
            case .warning: .yellow
            case .failed: .red
            }
        }
    }

    /// What was looked at, by a name that stays.
    let check: String
    let verdict: Verdict
    let sentence: String
    /// The command that mends it; where a person has to decide, one that shows what there is.
    let mend: String?

    static func ok(_ check: String, _ sentence: String) -> Finding { Finding(check: check, verdict: .ok, sentence: sentence, mend: nil) }

    static func skipped(_ check: String, _ why: String, mend: String? = nil) -> Finding {
        Finding(check: check, verdict: .skipped, sentence: why, mend: mend)
    }

    static func warning(_ check: String, _ sentence: String, mend: String) -> Finding {
        Finding(check: check, verdict: .warning, sentence: sentence, mend: mend)
    }

    static func failed(_ check: String, _ sentence: String, mend: String) -> Finding {
        Finding(check: check, verdict: .failed, sentence: sentence, mend: mend)
    }
}
