import LatchkeyVerifier
import Testing

@testable import LatchkeyAuthority
@testable import LatchkeyServer

private let day: Int64 = 86_400

@Suite("The life of a certificate")
struct CertificateLifeTests {
    private static let ends = Timestamp(rfc3339: "2030-01-31T00:00:00Z")!

    private static func health(life days: Int64, left: Int64, problem: String? = nil) -> ServiceHealth {
        CertificateLife(begins: ends.adding(seconds: -days * day), ends: ends)
            .health(at: ends.adding(seconds: -left), problem: problem, file: "/etc/tls.pem")
    }

    @Test(
        "is warned of 30 and 7 days before its end, or when a third and a tenth of it is left",
        arguments: [
            (365, 31 * day, nil), (365, 30 * day + 1, nil), (365, 30 * day, "in less than 30 days"),
            (365, 7 * day + 1, "in less than 30 days"),
            (365, 7 * day, "in less than 7 days"), (365, 1, "in less than 7 days"), (365, 0, "has expired"), (365, -day, "has expired"),
            (90, 30 * day, "in less than 30 days"), (45, 16 * day, nil), (45, 15 * day, "in less than 15 days"),
            (45, 4 * day, "in less than 5 days"),
            (6, 3 * day, nil), (6, 2 * day, "in less than 2 days"), (6, day / 2, "in less than 15 hours"),
            (365, 366 * day, "does not hold yet"),
        ] as [(Int64, Int64, String?)])
    func warnings(_ days: Int64, _ left: Int64, _ words: String?) {
        let health = Self.health(life: days, left: left)
        #expect(health.name == "tls" && health.level == (words == nil ? .healthy : .degraded))
        if let words { #expect(health.summary?.contains(words) == true, "\(health.summary ?? "")") } else { #expect(health.summary == nil) }
    }

    @Test("says of files that were refused why, to the operator; and that its end is near before that")
    func problem() throws {
        let far = Self.health(life: 365, left: 300 * day, problem: "the TLS key /etc/tls.key is torn")
        #expect(far.level == .degraded && far.summary?.contains("can't be served") == true)
        #expect(far.summary?.contains("/etc") == false && far.detail?.contains("/etc/tls.key is torn") == true)
        let near = Self.health(life: 365, left: day, problem: "the TLS key /etc/tls.key is torn")
        #expect(near.summary?.contains("in less than 7 days") == true && near.detail?.contains("is torn") == true)
        #expect(Self.health(life: 365, left: day).detail?.contains("/etc/tls.pem") == true)
    }
}
