import Glibc
import Testing

/// `latchkey audit export`: whole, or a failure that leaves nothing.
@Suite(.timeLimit(.minutes(2))) struct Exporting {
    private static let whole = [#"[{"seq":1},"#, #"{"seq":2}]"#]

    private func run(
        _ options: [String], in scratch: ScratchDirectory, shell: String? = nil,
        answer: @escaping @Sendable (FakeDaemon.Request) -> String = { _ in FakeDaemon.chunked(Self.whole, type: "application/json") }
    ) async throws -> Tool.Run {
        let daemon = FakeDaemon(path: scratch["s"], answer: answer)
        defer {
            daemon.stop()
            unlink(scratch["s"])
        }
        return try await Tool.run(["audit", "export", "--format", "json", "--socket", scratch["s"]] + options, shell: shell)
    }

    @Test func `to standard output it is the daemon's bytes and nothing else`() async throws {
        try await ScratchDirectory.with { scratch in
            let shown = try await run([], in: scratch)
            #expect(shown.code == 0 && shown.output == Self.whole.joined() && shown.errors.isEmpty)
        }
    }

    @Test func `to a file it replaces what was there, for its owner alone`() async throws {
        try await ScratchDirectory.with { scratch in
            try scratch.write("old", to: "out")
            let shown = try await run(["--out", scratch["out"]], in: scratch)
            #expect(shown.code == 0 && shown.output == "file\t\(scratch["out"])\nbytes\t21\n", "\(shown.errors)")
            #expect(try scratch.read("out") == Self.whole.joined() && scratch.names == ["out"])
            #expect(scratch.status("out")?.st_mode == S_IFREG | 0o600)
            let json = try await run(["--out", scratch["new"], "--json"], in: scratch)
            #expect(json.output == "{\"file\":\"\(scratch["new"])\",\"bytes\":21}\n")
        }
    }

    @Test func `an answer that is cut short is a failure, and leaves what was there`() async throws {
        let cut: [@Sendable (FakeDaemon.Request) -> String] = [
            { _ in FakeDaemon.chunked(Self.whole, type: "application/json", isWhole: false) },
            { _ in FakeDaemon.json(200, Self.whole[0]).replacing("content-length: 11", with: "content-length: 20") },
            // Neither a length nor chunks: where it ends can't be told from where it broke.
            { _ in "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n\r\n" + Self.whole.joined() },
        ]
        for answer in cut {
            try await ScratchDirectory.with { scratch in
                try scratch.write("old", to: "out")
                let shown = try await run(["--out", scratch["out"]], in: scratch, answer: answer)
                #expect(shown.code == 1 && shown.output.isEmpty && shown.errors.contains("was cut short"), "\(shown.errors)")
                #expect(try scratch.read("out") == "old" && scratch.names == ["out"])
                #expect(try await run([], in: scratch, answer: answer).code == 1)
            }
        }
    }

    @Test func `a refusal leaves no file`() async throws {
        try await ScratchDirectory.with { scratch in
            let shown = try await run(["--out", scratch["out"]], in: scratch) { _ in FakeDaemon.json(403, #"{"message":"no"}"#) }
            #expect(shown.code == 1 && shown.errors == "latchkey: no\n" && scratch.names.isEmpty)
        }
    }

    @Test(arguments: [SIGINT, SIGTERM, SIGHUP])
    func `a signal ends it and takes the unfinished file along`(signal: Int32) async throws {
        try await ScratchDirectory.with { scratch in
            let shown = try await run(["--out", scratch["out"]], in: scratch) { request in
                kill(request.pid, signal)
                return ""
            }
            #expect(shown.code == nil && scratch.names.isEmpty)
        }
    }

    @Test func `what is no place for a file is refused, and nobody is asked`() async throws {
        try await ScratchDirectory.with { scratch in
            symlink("/nowhere", scratch["link"])
            for path in ["/dev/null", scratch.path, scratch["link"], scratch["no/such/place"], scratch[""]] {
                let shown = try await Tool.run([
                    "audit", "export", "--format", "csv", "--socket", scratch["nobody"], "--out", path,
                ])
                #expect([1, 2].contains(shown.code) && shown.errors.hasPrefix("latchkey: "), "\(path): \(shown.errors)")
            }
            #expect(scratch.names == ["link"])
        }
    }

    @Test func `a full disk is a failure`() async throws {
        try await ScratchDirectory.with { scratch in
            let shown = try await run([], in: scratch, shell: "\"$0\" \"$@\" > /dev/full")
            #expect(shown.code == 1 && shown.errors.contains("standard output can't be written"))
        }
    }

    @Test func `a long export says nothing of its progress where there is no terminal`() async throws {
        try await ScratchDirectory.with { scratch in
            let long = (0..<400).map { _ in String(repeating: #"{"seq":1},"#, count: 1000) }
            let answer: @Sendable (FakeDaemon.Request) -> String = { _ in
                FakeDaemon.chunked(["["] + long + ["{}]"], type: "application/json")
            }
            let file = try await run(["--out", scratch["out"]], in: scratch, answer: answer)
            #expect(file.code == 0 && file.errors.isEmpty && file.output.hasSuffix("bytes\t4000004\n"))
        }
    }
}
