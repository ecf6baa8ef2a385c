import ArgumentParser
import LatchkeyVerifier

/// Which part of the audit log is wanted.
struct AuditFilters: ParsableArguments {
    @Option(help: ArgumentHelp("Only this action, such as token.issued or scope.denied.", valueName: "name"))
    var action: String?

    @Option(help: ArgumentHelp("Only those of this workspace.", valueName: "id"))
    var workspace: String?

    @Option(help: ArgumentHelp("Only those about this plane.", valueName: "name"))
    var plane: String?

    @Option(help: ArgumentHelp("Only what was allowed, denied, or ended in an error: allowed, denied, error.", valueName: "result"))
    var result: String?

    @Option(
        help: ArgumentHelp(
            "From this moment on: RFC 3339, or a span back from now such as 24h or 7d.", valueName: "when"))
    var from: PastMoment?

    @Option(help: ArgumentHelp("Up to this moment, which is not in it: as --from.", valueName: "when"))
    var to: PastMoment?

    /// As the wire names them.
    func pairs(at now: Timestamp = SystemClock().now()) -> [(name: StaticString, value: String?)] {
        [
            ("action", action), ("workspaceId", workspace), ("plane", plane), ("result", result),
            ("from", from?.moment(before: now).description), ("to", to?.moment(before: now).description),
        ]
    }
}

/// What of the whole log is wanted; the log of one identity can't ask it.
struct AuditScopeOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Only those of this identity.", valueName: "id"))
    var identity: String?

    @Flag(help: "Those that belong to no organisation, over the socket alone.")
    var unattributed = false
}
