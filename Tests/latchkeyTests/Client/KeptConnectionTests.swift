import Synchronization
import Testing

/// How many connections a command needs.
@Suite(.timeLimit(.minutes(1))) struct KeptConnections {
    @Test(arguments: [(true, [1, 1, 1]), (false, [1, 2, 3])])
    func `the pages of a list come over one connection, as long as the daemon keeps it`(isKept: Bool, connections: [Int]) async throws {
        try await ScratchDirectory.with { scratch in
            let seen = Mutex<[Int]>([])
            let daemon = FakeDaemon(path: scratch["s"]) { request in
                let number = seen.withLock { seen in
                    seen.append(request.connection)
                    return seen.count
                }
                let next = number < 3 ? "\"c\(number)\"" : "null"
                let answer = FakeDaemon.json(200, "{\"data\":[{\"id\":\"agent_\(number)\"}],\"cursor\":\(next)}")
                return isKept ? answer.replacing("\r\nconnection: close", with: "") : answer
            }
            defer { daemon.stop() }
            let run = try await Tool.run(["identities", "list", "--socket", scratch["s"]])
            #expect(run.code == 0 && run.lines.count == 3, "\(run.errors)")
            #expect(seen.withLock { $0 } == connections)
        }
    }
}
