import FoundationEssentials
import Glibc
import Subprocess
import Testing

/// What `latchkey doctor --json` answers.
struct DoctorAnswer: Decodable, Sendable {
    struct Check: Decodable, Sendable {
        let check: String
        let verdict: String
        let finding: String
        let mend: String?
    }

    let verdict: String
    let failed: Int
    let warnings: Int
    let skipped: Int
    let checks: [Check]

    /// The checks that something was found by.
    var speaking: Set<String> { Set(checks.filter { ["warning", "failed"].contains($0.verdict) }.map(\.check)) }

    func check(_ name: String) throws -> Check { try #require(checks.first { $0.check == name }, "there is no check \(name)") }
}

/// An install that the doctor looks at.
enum DoctorKit {
    /// What a scratch install always has: its master key beside its store.
    static let usual: Set<String> = ["master-key-disk"]

    /// Every check, in its order.
    static let checks = [
        "socket", "version", "store", "signing", "settings", "state-directory", "store-files", "admin-socket", "settings-file", "room",
        "clock",
        "master-key-file", "master-key", "master-key-disk", "certificate", "jwks", "cutover", "api-keys", "backup",
    ]

    /// Runs a daemon with a settings file, of which a backup was made.
    static func with(
        options: [String] = [], environment: [String: String] = [:], hasBackup: Bool = true,
        _ body: @Sendable (DaemonProcess, ScratchDirectory) async throws -> Void
    ) async throws {
        try await ScratchDirectory.with { scratch in
            try scratch.write("REFRESH_RETRY_WINDOW=10s\n", to: "latchkey.conf")
            chmod(scratch["latchkey.conf"], 0o644)
            let ended = try await DaemonProcess.with(
                stateDirectory: scratch["state"], options: DaemonProcess.options + ["--config", scratch["latchkey.conf"]] + options,
                environment: environment
            ) { daemon in
                if hasBackup {
                    let made = try await daemon.run("backup", "create", scratch["b.backup"])
                    #expect(made.code == 0, "\(made.errors)")
                }
                try await body(daemon, scratch)
            }
            #expect(ended.status == .exited(0))
        }
    }

    /// What is found, and that the exit code says the same.
    static func examine(
        _ daemon: DaemonProcess, _ arguments: String..., environment: [String: String] = [:], shell: String? = nil
    ) async throws -> DoctorAnswer {
        try await examine(
            arguments, environment: environment.merging(["LATCHKEY_SOCKET": daemon.socket]) { $1 }, shell: shell)
    }

    static func examine(_ arguments: [String], environment: [String: String] = [:], shell: String? = nil) async throws -> DoctorAnswer {
        let run = try await Tool.run(["doctor", "--json"] + arguments, environment: environment, shell: shell)
        let answer = try run.json(DoctorAnswer.self)
        #expect(run.code == (answer.failed > 0 ? 1 : 0), "\(run.errors)")
        #expect(run.errors.isEmpty == (answer.failed == 0))
        #expect(answer.checks.count(where: { $0.verdict == "failed" }) == answer.failed)
        #expect(answer.checks.allSatisfy { ["ok", "skipped"].contains($0.verdict) || !($0.mend ?? "").isEmpty }, "what mends it is said")
        return answer
    }

    /// As `examine`, of a daemon that says something else than this one in its status.
    static func examineOne(like daemon: DaemonProcess, saying change: (String, String)...) async throws -> DoctorAnswer {
        var status = try await daemon.run("status", "--json").output
        let jwks = try await daemon.run("jwks").output
        for (from, to) in change {
            try #require(status.contains(from), "\(from) is not in \(status)")
            status = status.replacing(from, with: to)
        }
        let told = status
        return try await ScratchDirectory.with { scratch in
            let fake = FakeDaemon(path: scratch["s"]) { request in
                FakeDaemon.json(200, request.text.hasPrefix("GET /v1/admin/status ") ? told : jwks)
            }
            defer { fake.stop() }
            chmod(scratch["s"], 0o600)
            return try await examine(["--socket", scratch["s"]])
        }
    }
}
