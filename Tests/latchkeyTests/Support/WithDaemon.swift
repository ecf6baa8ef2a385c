import Testing

/// One daemon for all tests of a suite, as `DaemonProcess.shared`.
struct WithDaemon: SuiteTrait, TestScoping {
    func provideScope(for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void) async throws {
        try await ScratchDirectory.with { directory in
            // The closure runs inside this call; it is Sendable, and only its type can't say so here.
            _ = try await withoutActuallyEscaping(function) { function in
                try await DaemonProcess.with(stateDirectory: directory["state"]) { daemon in
                    try await DaemonProcess.$shared.withValue(daemon) { try await function() }
                }
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
