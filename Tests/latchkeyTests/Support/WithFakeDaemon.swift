import Synchronization

/// A run of the command line against a daemon that answers what a test wants.
struct FakeRun: Sendable {
    let run: Tool.Run
    /// What was asked for: method, path, and the body, such as `POST /v1/x {}`.
    let asked: [String]

    /// - Parameters:
    ///   - terminal: what a person types; the command then has a terminal, and what it prints to either stream is in `run.output`.
    ///   - answer: status and body for what was asked for.
    static func of(
        _ arguments: [String], input: String? = nil, typing terminal: String? = nil,
        answer: @escaping @Sendable (_ asked: String) -> (Int, String)
    ) async throws -> FakeRun {
        try await ScratchDirectory.with { scratch in
            let asked = Mutex<[String]>([])
            let daemon = FakeDaemon(path: scratch["s"]) { request in
                let parts = request.text.split(separator: "\r\n\r\n", maxSplits: 1).map(String.init)
                let line = parts[0].split(separator: " ").prefix(2).joined(separator: " ")
                let text = parts.count > 1 ? "\(line) \(parts[1])" : line
                asked.withLock { $0.append(text) }
                let (status, body) = answer(text)
                return FakeDaemon.json(status, body)
            }
            defer { daemon.stop() }
            let shell = terminal.map {
                "export TERM=xterm; printf '%s\\n' '\($0)' | script -qec \"stty cols 100; '$0' $*\" /dev/null"
            }
            let run = try await Tool.run(arguments + ["--socket", scratch["s"]], input: input, shell: shell)
            return FakeRun(run: run, asked: asked.withLock { $0 })
        }
    }
}
