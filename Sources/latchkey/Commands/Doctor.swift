import ArgumentParser

struct Doctor: AsyncCommand {
    static let configuration = CommandConfiguration(
        abstract: "Look at what goes wrong most often, and say what mends it.",
        discussion: """
            latchkey doctor
            latchkey doctor --state-dir ./state --json
            latchkey doctor --url https://keys.example.org

            It changes nothing and prints no secret, so that what it says can go into a report of a fault. It works with the daemon stopped, and as \
            another user than root: what could not be looked at is skipped, and says why. The exit code is 1 when a check has failed; a warning is none.
            """
    )

    @Option(help: ArgumentHelp("The state directory of the install (default: the running daemon's).", valueName: "dir"))
    var stateDir: String?

    @Option(help: ArgumentHelp("The settings file of the daemon (LATCHKEY_CONFIG; default: the running daemon's).", valueName: "file"))
    var config: String?

    @Option(help: ArgumentHelp("Where verifiers fetch the JWKS (default: where the daemon listens).", valueName: "url"))
    var url: String?

    @Option(help: ArgumentHelp("With --url: certificates (PEM) to trust in place of the system's.", valueName: "path"))
    var caFile: String?

    @OptionGroup var daemon: SocketOptions

    func validate() throws {
        guard let url else {
            if caFile != nil { throw ValidationError("--ca-file goes with --url") }
            return
        }
        _ = try DaemonURL.option(url, caFile: caFile)
    }

    func run() async throws {
        let install = try await ExaminedInstall(stateDirectory: stateDir, settingsFile: config, socket: daemon.socket)
        let jwks = await JWKSCheck(install, address: url.flatMap { DaemonURL($0) }, authorities: caFile).finding
        let daemonChecks = DaemonChecks(install).findings
        let report = FindingReport(
            findings: daemonChecks + SettingsCheck(install).findings + PermissionChecks(install).findings
                + [RoomCheck(install).finding, ClockCheck(install).finding] + MasterKeyChecks(install).findings
                + [CertificateCheck(install).finding, jwks] + LifeChecks(install).findings)
        if daemon.json { try Output.json(report.json) } else { try report.print() }
        try report.judge()
    }
}
