import Glibc
import Subprocess
import Testing

/// What the running daemon takes up when it is told to, or finds.
@Suite(.timeLimit(.minutes(2))) struct Reloading {
    private static func put(_ name: String, into scratch: ScratchDirectory) throws {
        for kind in ["pem", "key"] {
            try scratch.write(try Fixture.text("tls/\(name).\(kind)"), to: "tls.\(kind).new")
            guard chmod(scratch["tls.\(kind).new"], 0o600) == 0, rename(scratch["tls.\(kind).new"], scratch["tls.\(kind)"]) == 0 else {
                throw NotPut()
            }
        }
    }

    private static func options(_ scratch: ScratchDirectory) -> [String] {
        ["--tls-certificate-file", scratch["tls.pem"], "--tls-key-file", scratch["tls.key"]]
    }

    private struct NotPut: Error {}

    @Test func `SIGHUP takes the new certificate, and ends nothing`() async throws {
        try await ScratchDirectory.with { scratch in
            try Self.put("first", into: scratch)
            let ended = try await DaemonProcess.with(
                stateDirectory: scratch["state"], options: DaemonProcess.options + Self.options(scratch)
            ) { daemon in
                #expect(daemon.url.hasPrefix("https://127.0.0.1:"))
                let (first, second) = (Fixture.path("tls/first.pem"), Fixture.path("tls/second.pem"))
                let before = try await Tool.run(["jwks", "--url", daemon.url, "--ca-file", first])
                #expect(before.code == 0, "\(before.errors)")
                #expect(try await Tool.run(["jwks", "--url", daemon.url, "--ca-file", second]).code == 4)
                // The look each second says nothing of files that are as they were: this is the signal's work.
                let isTold = { daemon.log.lines.contains { $0.contains("TLS certificate") } }
                #expect(!isTold())
                kill(daemon.pid, SIGHUP)
                while !isTold() {
                    let status = try await daemon.run("status")
                    #expect(status.code == 0)
                }
                try Self.put("second", into: scratch)
                kill(daemon.pid, SIGHUP)
                while try await Tool.run(["jwks", "--url", daemon.url, "--ca-file", second]).code != 0 {}
                #expect(try await Tool.run(["jwks", "--url", daemon.url, "--ca-file", first]).code == 4)
                let status = try await daemon.run("status")
                #expect(status.code == 0 && status.output.contains(daemon.url))
            }
            #expect(ended.status == .exited(0))
            #expect(ended.log.contains { $0.hasPrefix("new connections get the TLS certificate") })
        }
    }

    @Test func `SIGHUP without a certificate ends nothing, and says that there is nothing to do`() async throws {
        try await ScratchDirectory.with { scratch in
            let ended = try await DaemonProcess.with(stateDirectory: scratch["state"]) { daemon in
                for _ in 0..<3 { kill(daemon.pid, SIGHUP) }
                while !daemon.log.lines.contains(where: { $0.hasPrefix("there is nothing to reload") }) {
                    let status = try await daemon.run("status")
                    #expect(status.code == 0)
                }
            }
            #expect(ended.status == .exited(0))
        }
    }

    @Test func `a pair that doesn't belong together refuses the start and the check, and nothing is made`() async throws {
        try await ScratchDirectory.with { scratch in
            try Self.put("first", into: scratch)
            try scratch.write(try Fixture.text("tls/second.key"), to: "tls.key")
            for check in [[], ["--check-config"]] {
                let run = try await Tool.run(["serve", "--state-dir", scratch["state"]] + check + Self.options(scratch))
                #expect(run.code == 2 && run.errors.contains("does not belong") && run.errors.contains(scratch["tls.key"]))
            }
            #expect(scratch.status("state") == nil)
            let half = try await Tool.run(["serve", "--state-dir", scratch["state"], "--tls-key-file", scratch["tls.key"]])
            #expect(half.code == 2 && half.errors.contains("--tls-certificate-file"))
        }
    }

    @Test func `log-level debug has a line for each request`() async throws {
        try await ScratchDirectory.with { scratch in
            let ended = try await DaemonProcess.with(
                stateDirectory: scratch["state"], options: DaemonProcess.options + ["--log-level", "debug"]
            ) { daemon in try await daemon.run("status").code }
            #expect(ended.value == 0)
            let line = ended.log.first { $0.hasPrefix("debug: GET /v1/admin/status 200 ") } ?? ""
            #expect(
                line.contains(" caller=admin-socket:uid=\(geteuid()) ") && line.contains(" microseconds=") && line.contains(" requestId="))
        }
    }
}
