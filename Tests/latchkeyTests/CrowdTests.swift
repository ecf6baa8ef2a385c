import Subprocess
import Testing

/// So few descriptors that a fraction of the crowd has them all.
private let short = ["sh", "-c", "ulimit -n 150 && exec \"$0\" \"$@\""]

/// Clients that take up room and want nothing.
@Suite(.serialized, .timeLimit(.minutes(3))) struct Crowds {
    @Test(.enabled(if: Crowd.isPossible(5000)), arguments: [false, true], [[], short])
    func `5,000 connections that say nothing, or have ended their side, don't keep the operator out, and it recovers`(
        isHalfClosed: Bool, watcher: [String]
    ) async throws {
        try await ScratchDirectory.with { scratch in
            let ended = try await DaemonProcess.with(stateDirectory: scratch["state"], under: watcher) { daemon in
                let crowd = Crowd(5000, at: daemon.url, isHalfClosed: isHalfClosed)
                #expect(crowd.count == 5000)
                for _ in 0..<3 {
                    let status = try await daemon.run("status")
                    #expect(status.code == 0, "\(status.errors)")
                    let mint = try await daemon.run("api-keys", "mint", "--name", "k", "--scope", "relayfile:fs:read:*", "--print-key")
                    #expect(mint.code == 0, "\(mint.errors)")
                }
                crowd.leave()
                // The suite's time limit ends this when it never happens.
                while try await Tool.run(["jwks", "--url", daemon.url]).code != 0 {}
            }
            #expect(ended.status == .exited(0))
            #expect(!ended.log.contains { $0.hasPrefix("error") }, "\(ended.log)")
        }
    }
}
