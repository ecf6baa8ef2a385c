import LatchkeyAuthority
import LatchkeyVerifier

/// From when until when a certificate holds, and what is to be said of it at a moment.
///
/// Two warnings come before the end: 30 days and 7 days before it, or, of a certificate that lives for a few months or days only, when a
/// third and when a tenth of its life is left.
struct CertificateLife: Sendable {
    private static let day: Int64 = 86_400

    let begins: Timestamp
    let ends: Timestamp

    /// Seconds before the end at which the first and the last warning begin.
    var warnings: (first: Int64, last: Int64) {
        let life = max(0, ends.seconds - begins.seconds)
        return (min(30 * Self.day, life / 3), min(7 * Self.day, life / 10))
    }

    /// - Parameters:
    ///   - problem: why newer files were refused, with their paths.
    ///   - file: the certificate's path, for the operator alone.
    func health(at now: Timestamp, problem: String?, file: String) -> ServiceHealth {
        let left = ends.seconds - now.seconds
        let warnings = warnings
        let summary: String
        let fact: String
        if left <= 0 {
            (summary, fact) = ("the TLS certificate has expired", "expired on \(ends)")
        } else if now < begins {
            (summary, fact) = ("the TLS certificate does not hold yet", "does not hold before \(begins)")
        } else if left <= warnings.last || problem == nil && left <= warnings.first {
            let near = left <= warnings.last ? warnings.last : warnings.first
            (summary, fact) = ("the TLS certificate ends in less than \(Self.words(near))", "ends on \(ends)")
        } else if problem != nil {
            (summary, fact) = (
                "the new TLS certificate can't be served; the one before it is", "stays the one before, which ends on \(ends)"
            )
        } else {
            return ServiceHealth(name: "tls", level: .healthy, summary: nil, detail: nil)
        }
        let advice =
            problem.map { "the files that are there now were refused: \($0)" }
            ?? "put a new one and its key in their places: they are taken without a restart"
        return ServiceHealth(name: "tls", level: .degraded, summary: summary, detail: "the TLS certificate \(file) \(fact); \(advice)")
    }

    /// Whole days, or, when they are few, hours, rounded up.
    private static func words(_ seconds: Int64) -> String {
        seconds >= 2 * day ? "\((seconds + day - 1) / day) days" : "\((seconds + 3599) / 3600) hours"
    }
}
