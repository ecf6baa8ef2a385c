import Testing

/// One daemon for all tests of a suite, as `DaemonProcess.shared`.
struct WithDaemon: SuiteTrait, TestScoping {
    func provideScope(for test: Test, testCase: Test.Case?, performing function: @Sendable @concurrent () async throws -> Void) async throws
    {
        try await ScratchDirectory.with { directory in
            _ = try await DaemonProcess.with(stateDirectory: directory["state"]) { daemon in
                try await DaemonProcess.$shared.withValue(daemon) { try await function() }
            }
        }
    }
}

extension Trait where Self == WithDaemon {
    static var daemon: WithDaemon { WithDaemon() }
}

/// Everything that is asked of one and the same running daemon.
@Suite(.daemon, .timeLimit(.minutes(2))) struct OverTheSocket {
    static var daemon: DaemonProcess { get throws { try #require(DaemonProcess.shared) } }
}
