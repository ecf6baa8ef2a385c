@testable import LatchkeyAuthority
import LatchkeyCrypto
import LatchkeyServer
import LatchkeyVerifier
import Testing

extension ServerTests {
    @Suite("A daemon with a certificate")
    struct TLSDaemonTests {
        /// The certificate that a new connection is shown.
        private static func shown(_ daemon: TestDaemon) async throws -> [UInt8]? {
            let client = TLSClient()
            _ = try await daemon.send("GET", "/health", tls: client)
            return client.shown
        }

        @Test("serves its API over TLS, is its own https issuer, and keeps the admin socket as it is")
        func serves() async throws {
            let site = try CertificateSite("first")
            try await withDaemon(site.settings) { daemon in
                #expect(daemon.running.url.hasPrefix("https://127.0.0.1:"))
                #expect(try await Self.shown(daemon) == TLSClient.certificate("first"))
                let status = try await daemon.admin("GET", "/v1/admin/status").json
                #expect(status["listen"]?.text == daemon.running.url && status["issuer"]?.text == daemon.running.url)
                #expect(status["tls"]?["notAfter"]?.text == "2060-01-01T00:00:00.000Z" && status["tls"]?["problem"] == nil)
                #expect(status["tls"]?["sha256"]?.text == (try Self.fingerprint("first")))
                #expect(status["services"]?["tls"]?["status"]?.text == "healthy" && status["status"]?.text == "healthy")
                let key = try await daemon.key("relayauth:identity:read:*")
                #expect(try await daemon.send("GET", "/v1/identities", [("x-api-key", key.secret)], tls: TLSClient()).status == 200)
                await #expect(throws: Wire.Closed.self) { try await daemon.send("GET", "/health") }
            }
        }

        @Test("serves the new pair to whoever comes after a reload, and drops nobody")
        func reload() async throws {
            let site = try CertificateSite("first")
            try await withDaemon(site.settings) { daemon in
                let kept = try await Wire.open(daemon.tcp, tls: TLSClient())
                try await kept.send(TestDaemon.request("GET", "/health"))
                #expect(try await kept.reply().status == 200)
                try site.put("second")
                daemon.running.reload()
                #expect(try await Self.shown(daemon) == TLSClient.certificate("second"))
                try await kept.send(TestDaemon.request("GET", "/health"))
                #expect(try await kept.reply().status == 200)
                await kept.close()
                #expect(daemon.log.lines.contains { $0.hasPrefix("notice new connections get the TLS certificate") })
            }
        }

        /// Lets the daemon go on until its audit log tells of so many changes.
        private static func changes(_ daemon: TestDaemon, _ count: Int) async throws -> [AuditRecord] {
            while try daemon.audit(.configurationChanged).count < count { _ = try await Self.shown(daemon) }
            return try daemon.audit(.configurationChanged)
        }

        private static func fingerprint(_ name: String) throws -> String {
            SHA256.hash(try TLSClient.certificate(name)).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        }

        @Test("tells in the audit log of each new pair, by what everybody may know of it, and of no other")
        func audited() async throws {
            let site = try CertificateSite("first")
            try await withDaemon(site.settings) { daemon in
                // The same pair once more is no change, and one that is refused is none either.
                for _ in 0..<3 { daemon.running.reload() }
                try site.putKey("second")
                daemon.running.reload()
                try site.putCertificate("second")
                daemon.running.reload()
                let first = try await Self.changes(daemon, 1)
                #expect(first.count == 1 && first[0].resource == "tls-certificate" && first[0].actor == "system")
                #expect(first[0].result == .allowed && first[0].plane == "relayauth")
                let facts = [
                    "sha256": try Self.fingerprint("second"), "formerSha256": try Self.fingerprint("first"),
                    "notBefore": "2025-01-01T00:00:00.000Z", "notAfter": "2060-01-01T00:00:00.000Z",
                    "formerNotAfter": "2060-01-01T00:00:00.000Z",
                ]
                #expect(first[0].metadata == facts)
                // And of one that it finds by itself.
                try site.put("first")
                let both = try await Self.changes(daemon, 2)
                #expect(both.count == 2 && both[1].metadata["sha256"] == facts["formerSha256"])
                let entry = String(decoding: both[1].json(), as: UTF8.self)
                #expect(!entry.contains(site.path) && !entry.contains("PRIVATE"))
            }
        }

        @Test("says what it was said already once, however often it is told to reload")
        func complaints() async throws {
            let site = try CertificateSite("first")
            try await withDaemon(site.settings) { daemon in
                let lines = { (words: String) in daemon.log.lines.count(where: { $0.hasPrefix(words) }) }
                for _ in 0..<50 { daemon.running.reload() }
                #expect(lines("notice the TLS certificate was read again") == 1)
                try site.putKey("second")
                for _ in 0..<50 { daemon.running.reload() }
                #expect(lines("error the TLS certificate stays as it was") == 1)
                try site.putCertificate("second")
                daemon.running.reload()
                #expect(lines("notice new connections get the TLS certificate") == 1)
                // After a success it is news again.
                try site.putKey("first")
                for _ in 0..<50 { daemon.running.reload() }
                #expect(lines("error the TLS certificate stays as it was") == 2)
            }
        }

        @Test("finds out by itself that the files were replaced")
        func change() async throws {
            let site = try CertificateSite("first")
            try await withDaemon(site.settings) { daemon in
                try site.put("second")
                // The suite's time limit ends this when it never happens.
                while try await Self.shown(daemon) != TLSClient.certificate("second") {}
            }
        }

        @Test("keeps the old pair when the new one can't be served, and says so in its log, its health and its status")
        func refused() async throws {
            let site = try CertificateSite("first")
            try await withDaemon(site.settings) { daemon in
                try site.putKey("second")
                daemon.running.reload()
                #expect(try await Self.shown(daemon) == TLSClient.certificate("first"))
                #expect(daemon.log.lines.contains { $0.hasPrefix("error the TLS certificate stays as it was") })
                let health = try await daemon.send("GET", "/v1/health", tls: TLSClient())
                #expect(health.status == 200 && health.json["status"]?.text == "degraded")
                #expect(health.json["services"]?["tls"]?["status"]?.text == "degraded" && !health.text.contains(site.path))
                let status = try await daemon.admin("GET", "/v1/admin/status").json
                #expect(status["tls"]?["problem"]?.text?.contains("does not belong") == true)
                #expect(status["services"]?["tls"]?["detail"]?.text?.contains(site.files.key) == true)
                try site.putCertificate("second")
                daemon.running.reload()
                #expect(try await Self.shown(daemon) == TLSClient.certificate("second"))
                #expect(try await daemon.send("GET", "/v1/health", tls: TLSClient()).json["status"]?.text == "healthy")
            }
        }

        @Test("doesn't start with a pair that can't be served, and names what is wrong")
        func start() async throws {
            let site = try CertificateSite("first")
            try site.putKey("second")
            let error = await #expect(throws: ConfigurationError.self) { _ = try await TestDaemon(site.settings) }
            #expect(error?.message.contains(site.files.key) == true && error?.message.contains("does not belong") == true)
        }

        @Test("warns of the certificate's end", arguments: [("month", "30 days"), ("week", "7 days")])
        func warns(_ name: String, _ words: String) async throws {
            let site = try CertificateSite(name)
            try await withDaemon(site.settings) { daemon in
                let services = try await daemon.send("GET", "/v1/health", tls: TLSClient()).json["services"]
                #expect(services?["tls"]?["status"]?.text == "degraded" && services?["tls"]?["reason"]?.text?.contains(words) == true)
                #expect(daemon.log.lines.contains { $0.hasPrefix("error the TLS certificate \(site.files.certificate) ends on 2030-01-") })
                try site.put("first")
                daemon.running.reload()
                let healed = try await daemon.send("GET", "/v1/health", tls: TLSClient()).json["services"]
                #expect(healed?["tls"]?["status"]?.text == "healthy")
            }
        }

        @Test("without one has nothing to reload, says so, and goes on")
        func plain() async throws {
            try await withDaemon { daemon in
                daemon.running.reload()
                #expect(daemon.log.lines.contains { $0.hasPrefix("notice there is nothing to reload") })
                let health = try await daemon.send("GET", "/health")
                #expect(health.status == 200)
                #expect(try await daemon.admin("GET", "/v1/admin/status").json["services"]?["tls"] == nil)
            }
        }
    }
}
