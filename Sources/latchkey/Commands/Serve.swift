import ArgumentParser
import FoundationEssentials
import LatchkeyCrypto
import LatchkeyServer
import Logging

struct Serve: Command {
    static let configuration = CommandConfiguration(
        abstract: "Run the daemon.",
        discussion: """
            latchkey serve --state-dir /var/lib/latchkey
            latchkey serve --config /etc/latchkey/latchkey.conf --check-config

            A setting comes from its flag, else from the environment (LATCHKEY_STATE_DIR), else from the file (STATE_DIR=…). Times are seconds, \
            or a number with s, m, h or d. It runs until SIGTERM or SIGINT.
            """
    )

    @OptionGroup(title: "Settings")
    var flags: SettingFlags

    @Option(help: ArgumentHelp("Settings file of NAME=value lines (LATCHKEY_CONFIG).", valueName: "file"))
    var config: String?

    @Flag(help: "Check the settings, print what would be run with, and end: nothing is started or made.")
    var checkConfig = false

    @Flag(help: "With --check-config: print JSON, for programs.")
    var json = false

    func validate() throws {
        if json, !checkConfig { throw ValidationError("--json goes with --check-config: a running daemon prints its log alone") }
    }

    /// - Parameters:
    ///   - inherited: sockets that the service manager has bound.
    ///   - manager: the service manager, told when the daemon serves, lives and stops.
    func run(inherited: [BoundSocket], manager: ServiceManager) async throws {
        let environment = ProcessInfo.processInfo.environment
        let path = (config ?? environment["LATCHKEY_CONFIG"]).flatMap { $0.isEmpty ? nil : $0 }
        let file = try ConfigurationFile.read(path)
        let values = SettingValues(flags: flags.values, environment: environment, file: file)
        for name in values.unknownVariables {
            Output.note("latchkey: warning: \(name) in the environment is not a setting; it changes nothing")
        }
        var settings = try DaemonSettings(values)
        settings.file = path
        if checkConfig {
            try settings.checkCertificate()
            return try EffectiveSettings(settings, values).print(json: json)
        }
        Hardening.raiseDescriptorLimit()
        // Room for the token pairs of every connection at once (a token takes 2 KiB of it) beside the keys. Without it secrets lie in
        // ordinary memory; they are wiped all the same.
        _ = SecureHeap.start(byteCount: 1 << 23)
        var logger = Logger(label: "latchkey") { _ in JournalLogHandler.ofThisProcess ?? LineLogHandler() }
        if settings.logsRequests { logger.logLevel = .debug }
        try await Daemon(settings: settings, version: Version.current, inherited: inherited, manager: manager, logger: logger)
            .run()
    }
}
