import Testing

extension OverTheSocket {
    /// What a person at a terminal sees: `script(1)` is one.
    @Suite struct AtATerminal {
        private func list(_ environment: String) async throws -> [String] {
            let daemon = try OverTheSocket.daemon
            _ = try await daemon.run("api-keys", "mint", "--name", "aligned", "--scope", "*", "--print-key")
            let script = "export TERM=xterm \(environment); exec script -qec \"'$0' $*\" /dev/null < /dev/null"
            return try await daemon.run("api-keys", "list", shell: script).output.split(separator: "\r\n").map(String.init)
        }

        @Test func `a list has a header, in bold, and its columns stand under it`() async throws {
            let lines = try await list("")
            let header = try #require(lines.first)
            #expect(header.hasPrefix("\u{1B}[1mID ") && header.hasSuffix("SCOPES\u{1B}[0m"))
            let plain = Array(header.dropFirst(4))
            let row = try #require(lines.first { $0.contains(" aligned ") })
            let column = try #require(plain.indices.first { plain[$0...].starts(with: "NAME") })
            #expect(Array(row)[column...].starts(with: "aligned  "))
            #expect(lines.allSatisfy { !$0.contains("\t") })
        }

        @Test(arguments: ["NO_COLOR=1", "TERM=dumb"])
        func `who wants no colour gets none`(environment: String) async throws {
            let lines = try await list(environment)
            #expect(lines.first?.hasPrefix("ID ") == true && lines.allSatisfy { !$0.contains("\u{1B}") })
        }
    }
}
