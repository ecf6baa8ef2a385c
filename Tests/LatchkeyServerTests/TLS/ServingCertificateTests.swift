import Glibc
import LatchkeyVerifier
import NIOSSL
import Testing

@testable import LatchkeyAuthority
@testable import LatchkeyServer

@Suite("The certificate that is served")
struct ServingCertificateTests {
    private static func shown(_ certificate: ServingCertificate) throws -> [UInt8] { try certificate.pair.leaf.toDERBytes() }

    /// Looks until one of them comes to something.
    private static func look(_ certificate: ServingCertificate) -> (looks: Int, outcome: ServingCertificate.Reload?) {
        for number in 1...20 {
            if let outcome = certificate.look() { return (number, outcome) }
        }
        return (20, nil)
    }

    @Test("is the new one at the first look after both files changed, and nothing is said while they don't")
    func change() throws {
        let site = try CertificateSite("first")
        let certificate = try ServingCertificate(site.files, clock: ManualClock())
        #expect(Self.look(certificate).outcome == nil)
        let former = certificate.pair.facts
        try site.put("second")
        let found = Self.look(certificate)
        let facts = certificate.pair.facts
        #expect(found.looks == 1 && found.outcome == .taken(facts, former: former))
        #expect(facts.ends == Timestamp(rfc3339: "2060-01-01T00:00:00Z")! && facts.fingerprint != former.fingerprint)
        #expect(try Self.shown(certificate) == TLSClient.certificate("second"))
        #expect(Self.look(certificate).outcome == nil)
    }

    @Test("waits for the second file of a pair, and complains of one that doesn't come, once")
    func patience() throws {
        let site = try CertificateSite("first")
        let certificate = try ServingCertificate(site.files, clock: ManualClock())
        try site.putCertificate("second")
        #expect(certificate.look() == nil && certificate.problem == nil)
        try site.putKey("second")
        #expect(Self.look(certificate).looks == 1)
        #expect(try Self.shown(certificate) == TLSClient.certificate("second"))
        try site.putKey("first")
        let (looks, outcome) = Self.look(certificate)
        guard case .refused(let reason)? = outcome else { throw CertificateFailure() }
        #expect(looks == ServingCertificate.patience && reason.contains("does not belong") && certificate.problem == reason)
        #expect(try Self.shown(certificate) == TLSClient.certificate("second"))
        #expect(Self.look(certificate).outcome == nil, "it was told")
        #expect(certificate.health.level == .degraded)
        try site.putKey("second")
        #expect(Self.look(certificate).looks == 1)
        #expect(certificate.problem == nil && certificate.health.level == .healthy)
    }

    @Test("is read anew at once when that is asked for, changed or not, and kept when it can't be")
    func reload() throws {
        let site = try CertificateSite("first")
        let certificate = try ServingCertificate(site.files, clock: ManualClock())
        let facts = certificate.pair.facts
        #expect(certificate.reload() == .taken(facts, former: facts))
        unlink(site.files.key)
        guard case .refused = certificate.reload() else { throw CertificateFailure() }
        #expect(try Self.shown(certificate) == TLSClient.certificate("first"))
        #expect(Self.look(certificate).outcome == nil)
        try site.putKey("first")
        #expect(certificate.reload() == .taken(facts, former: facts) && certificate.problem == nil)
    }

    @Test(
        "is not replaced by one that has ended or has not begun, at a look or when it is asked for; one as bad as itself may take its place"
    )
    func worse() throws {
        let site = try CertificateSite("first")
        let certificate = try ServingCertificate(site.files, clock: ManualClock())
        for (name, words) in [("ended", "expired"), ("early", "does not hold before")] {
            try site.put(name)
            guard case .refused(let reason)? = Self.look(certificate).outcome else { throw CertificateFailure() }
            #expect(reason.contains(words) && reason.contains(site.files.certificate) && certificate.problem == reason)
            guard case .refused = certificate.reload() else { throw CertificateFailure() }
            #expect(try Self.shown(certificate) == TLSClient.certificate("first"))
            #expect(certificate.health.level == .degraded && Self.look(certificate).outcome == nil)
        }
        try site.put("second")
        #expect(Self.look(certificate).looks == 1 && certificate.problem == nil)
        try site.put("ended")
        let ended = try ServingCertificate(site.files, clock: ManualClock())
        try site.put("early")
        guard case .taken = ended.reload() else { throw CertificateFailure() }
    }

    @Test("is refused at the start when it can't be served")
    func start() throws {
        let site = try CertificateSite("first")
        try site.putKey("second")
        #expect(throws: ConfigurationError.self) { try ServingCertificate(site.files, clock: ManualClock()) }
    }

    @Test(
        "is well or not by the daemon's clock",
        arguments: [("month", "30 days"), ("week", "7 days"), ("ended", "expired"), ("early", "not hold")])
    func health(_ name: String, _ words: String) throws {
        let clock = ManualClock()
        let site = try CertificateSite(name)
        let certificate = try ServingCertificate(site.files, clock: clock)
        #expect(certificate.health.level == .degraded && certificate.health.summary?.contains(words) == true)
        try site.put("first")
        let fresh = try ServingCertificate(site.files, clock: clock)
        try site.put("short")
        let short = try ServingCertificate(site.files, clock: clock)
        #expect(fresh.health.level == .healthy && short.health.level == .healthy)
        clock.advance(seconds: 5 * 86_400)
        #expect(fresh.health.level == .healthy && short.health.level == .degraded)
    }

    private struct CertificateFailure: Error {}
}
