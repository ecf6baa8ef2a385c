import Glibc
import LatchkeyVerifier
import Testing

@testable import LatchkeyServer

@Suite("A certificate and its key")
struct CertificatePairTests {
    private static func problem(_ files: CertificateFiles) -> String {
        do throws(ConfigurationError) {
            _ = try CertificatePair(files)
            return ""
        } catch {
            return error.message
        }
    }

    @Test("are taken with a key of either kind", arguments: ["first", "rsa"])
    func good(_ name: String) throws {
        let site = try CertificateSite(name)
        let pair = try CertificatePair(site.files)
        #expect(pair.begins == Timestamp(rfc3339: "2025-01-01T00:00:00Z") && pair.ends == Timestamp(rfc3339: "2060-01-01T00:00:00Z"))
    }

    @Test("hold for as long as all of the chain do")
    func chain() throws {
        let site = try CertificateSite("first")
        try site.putCertificate("chain")
        let pair = try CertificatePair(site.files)
        #expect(pair.begins == Timestamp(rfc3339: "2029-04-01T00:00:00Z") && pair.ends == Timestamp(rfc3339: "2030-01-21T00:00:00Z"))
    }

    @Test("of two pairs don't go together, and both files are named", arguments: ["second", "rsa"])
    func mixed(_ other: String) throws {
        let site = try CertificateSite("first")
        try site.putKey(other)
        let problem = Self.problem(site.files)
        #expect(problem.contains("does not belong") && problem.contains(site.files.key) && problem.contains(site.files.certificate))
    }

    @Test("are refused by name when a file is missing, empty, or something else")
    func unreadable() throws {
        for keepsCertificate in [true, false] {
            let site = try CertificateSite("first")
            let path = keepsCertificate ? site.files.key : site.files.certificate
            for text in ["", "hello", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "\0"] {
                try site.write(text, at: path)
                let problem = Self.problem(site.files)
                #expect(problem.contains(path) && problem.contains("PEM"), "\(problem)")
            }
            try site.write(String(repeating: "x", count: 300_000), at: path)
            #expect(Self.problem(site.files).contains("more than"))
            unlink(path)
            #expect(Self.problem(site.files).contains("\(path) can't be read"))
            mkdir(path, 0o700)
            #expect(Self.problem(site.files).contains("\(path) is not a file"))
            rmdir(path)
            mkfifo(path, 0o600)
            #expect(Self.problem(site.files).contains("\(path) is not a file"), "and nobody waits for its other end")
        }
    }

    @Test(
        "are refused when others can read or change the key",
        arguments: [(0o644, false), (0o604, false), (0o660, false), (0o601, false), (0o602, false), (0o640, true), (0o400, true)]
            as [(mode_t, Bool)])
    func openKey(_ mode: mode_t, _ isTaken: Bool) throws {
        let site = try CertificateSite("first")
        try site.putKey("first", mode: mode)
        let problem = Self.problem(site.files)
        #expect(problem.isEmpty == isTaken)
        if !isTaken { #expect(problem.contains("chmod 0640 \(site.files.key)")) }
    }

    @Test("are refused when the key is somebody else's", .enabled(if: geteuid() == 0))
    func foreignKey() throws {
        let site = try CertificateSite("first")
        chown(site.files.key, 12_345, 0)
        #expect(Self.problem(site.files).contains("another user"))
    }

    @Test("are refused with a passphrase on the key; nobody is asked for it")
    func encrypted() throws {
        let site = try CertificateSite("first")
        try site.putKey("encrypted")
        #expect(Self.problem(site.files).contains("passphrase"))
    }

    @Test("are refused with an RSA key that clients refuse")
    func weak() throws {
        let site = try CertificateSite("first")
        try site.put("weak")
        #expect(Self.problem(site.files).contains("less than 2048 bits"))
    }

    @Test("are not taken for encrypted by a word that somebody wrote beside the key")
    func comment() throws {
        let site = try CertificateSite("first")
        try site.write("# NOT ENCRYPTED, so keep it safe\n" + Fixture.text("tls/first.key"), at: site.files.key)
        chmod(site.files.key, 0o600)
        #expect(Self.problem(site.files) == "")
    }

    @Test("Nothing of a key is in what is said of it")
    func silence() throws {
        let site = try CertificateSite("first")
        let lines = try Fixture.text("tls/first.key").split(separator: "\n")
        try site.write(lines.dropLast().joined(separator: "\n") + "\n-----END SOMETHING-----\n", at: site.files.key)
        let problem = Self.problem(site.files)
        #expect(!problem.isEmpty && !lines.dropFirst().contains { problem.contains($0) })
    }
}
