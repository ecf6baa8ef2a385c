import HummingbirdCore
import NIOCore
import NIOSSL
import Testing

@testable import LatchkeyServer

extension ServerTests {
    @Suite("A listener with a certificate")
    struct TLSListenerTests {
        private static func certificate(_ name: String = "first") throws -> ServingCertificate {
            let site = try CertificateSite(name)
            return try withExtendedLifetime(site) { try ServingCertificate(site.files, clock: ManualClock()) }
        }

        @Test("speaks TLS 1.2 and 1.3, nothing older and nothing plain")
        func versions() async throws {
            let meter = ListenerMeter()
            try await withServer(certificate: Self.certificate(), meter: meter) { server in
                for (newest, isServed) in [(.tlsv12, true), (.tlsv13, true), (.tlsv11, false), (.tlsv1, false)] as [(TLSVersion, Bool)] {
                    let wire = try await Wire.open(.tcp(port: server.port), tls: TLSClient(newest: newest))
                    // A handshake that fails closes the connection, before or after this.
                    try? await wire.send(get)
                    let reply = try? await wire.reply()
                    #expect((reply?.text == "/a 0") == isServed, "\(newest)")
                    await wire.close()
                }
                let plain = try await server.exchange(get)
                #expect(!plain.text.contains("HTTP/1.1") && plain.end != .timedOut)
                #expect(meter.reading.failedHandshakes == 3)
            }
        }

        @Test("gives a handshake its time and no more")
        func deadline() async throws {
            let limits = ListenerLimits(handshakeTimeout: .milliseconds(150))
            let meter = ListenerMeter()
            try await withServer(limits: limits, certificate: Self.certificate(), meter: meter) { server in
                #expect(try await server.exchange("").end != .timedOut)
                // The beginning of a record of 256 bytes.
                #expect(try await server.exchange("\u{16}\u{03}\u{01}\u{01}\u{00}\u{01}").end != .timedOut)
                #expect(meter.reading.failedHandshakes == 2)
                // One that was done in time is not ended by it.
                let wire = try await Wire.open(.tcp(port: server.port), tls: TLSClient())
                try await wire.send(get)
                #expect(try await wire.reply().text == "/a 0")
                #expect(try await server.exchange("").end != .timedOut, "longer than the limit")
                try await wire.send(get)
                #expect(try await wire.reply().text == "/a 0")
                await wire.close()
                #expect(meter.reading.failedHandshakes == 3)
            }
        }

        @Test("ends a handshake that is no handshake, or one without end")
        func garbage() async throws {
            try await withServer(certificate: Self.certificate()) { server in
                // A client's greeting that says it has 16 MiB, in full records.
                let record = "\u{16}\u{03}\u{01}\u{40}\u{00}"
                let greeting = "\u{01}\u{7f}\u{7f}\u{7f}" + String(repeating: "a", count: 16_380)
                let more = String(repeating: record + String(repeating: "a", count: 16_384), count: 8)
                for bytes in ["hello\r\n\r\n", "\u{15}\u{03}\u{01}\u{00}\u{02}\u{02}\u{28}", record + greeting + more] {
                    let end = try await blocking { () -> RawClient.End in
                        let client = try server.connect()
                        defer { client.close() }
                        try? client.send(bytes)
                        return client.receiveAll().end
                    }
                    #expect(end != .timedOut)
                }
            }
        }

        @Test("answers a client that has ended its sending side")
        func halfClosed() async throws {
            try await withServer(certificate: Self.certificate()) { server in
                let wire = try await Wire.open(.tcp(port: server.port), tls: TLSClient())
                try await wire.send(get)
                await wire.finish()
                #expect(try await wire.reply().text == "/a 0")
                await wire.untilClosed()
            }
        }

        @Test("answers a client that has ended its sending side, also in the middle of the request's work")
        func halfClosedWhileServing() async throws {
            let (began, goOn) = (Latch(), Latch())
            let responder = Answering { _, _ in
                began.open()
                await goOn.wait()
                return .text("done")
            }
            try await withServer(certificate: Self.certificate(), responder) { server in
                let wire = try await Wire.open(.tcp(port: server.port), tls: TLSClient())
                try await wire.send(get)
                await began.wait()
                await wire.finish()
                goOn.open()
                #expect(try await wire.reply().text == "done")
            }
        }

        @Test("carries what is large, whole, in both directions")
        func large() async throws {
            let text = String(repeating: "0123456789abcdef", count: 1 << 16)
            let responder = Answering { request, _ in
                var count = 0
                do { for try await chunk in request.body { count += chunk.readableBytes } } catch { count = -1 }
                return .text(text + " \(count)")
            }
            try await withServer(certificate: Self.certificate("rsa"), responder) { server in
                let wire = try await Wire.open(.tcp(port: server.port), tls: TLSClient())
                let body = String(repeating: "b", count: 300_000)
                try await wire.send("POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: \(body.utf8.count)\r\n\r\n" + body)
                let reply = try await wire.reply()
                #expect(reply.text == text + " 300000")
                await wire.close()
            }
        }

        @Test("counts its connections")
        func connections() async throws {
            let meter = ListenerMeter()
            try await withServer(certificate: Self.certificate(), meter: meter) { server in
                let wire = try await Wire.open(.tcp(port: server.port), tls: TLSClient())
                try await wire.send(get)
                _ = try await wire.reply()
                #expect(meter.reading.open == 1 && meter.reading.accepted == 1)
                await wire.close()
            }
            #expect(meter.reading.open == 0 && meter.reading.accepted == 1)
        }

        @Test("is asked by the daemon itself for what it serves, over TLS, and believed by its certificate alone")
        func probe() async throws {
            let certificate = try Self.certificate()
            try await withServer(certificate: certificate) { server in
                let port = server.port
                let seen = try await ListenerProbe(host: "127.0.0.1", port: port, certificate: certificate).jwks()
                #expect(String(decoding: seen, as: UTF8.self) == "/.well-known/jwks.json 0")
                let other = ListenerProbe(host: "127.0.0.1", port: port, certificate: try Self.certificate("second"))
                await #expect(throws: ProbeFailure.self) { try await other.jwks() }
                await #expect(throws: ProbeFailure.self) { try await ListenerProbe(host: "127.0.0.1", port: port).jwks() }
            }
        }
    }
}
