import FoundationEssentials
import LatchkeyVerifier
import Testing

extension OverTheSocket {
    @Suite struct StatusAndJWKS {
        private struct StatusAnswer: Decodable {
            let status: String
            let version: String
            let listen: String
        }

        @Test func `status says where it listens and how it is`() async throws {
            let daemon = try OverTheSocket.daemon
            let answer = try await daemon.run("status", "--json").json(StatusAnswer.self)
            #expect(answer.status == "healthy" && answer.listen == daemon.url)
            let text = try await daemon.run("status")
            #expect(text.code == 0 && text.output.hasPrefix("status\thealthy\n") && text.output.contains("listening on\t\(daemon.url)\n"))
            #expect(
                text.output.contains(" active RSA-2048 ") && text.output.contains(" standby RSA-2048 ")
                    && text.output.contains("seal\topen"))
            let version = try await Tool.run(["--version"])
            #expect(version.code == 0 && version.output == answer.version + "\n")
        }

        @Test func `a fresh install is told how to mint its first key`() async throws {
            try await ScratchDirectory.with { scratch in
                _ = try await DaemonProcess.with(stateDirectory: scratch["state"]) { daemon in
                    let text = try await daemon.run("status").output
                    #expect(
                        text.contains("next\tmint the first API key: latchkey api-keys mint --name admin --scope '*' --to-file admin.key\n")
                    )
                }
            }
        }

        @Test func `jwks prints a set of two keys that verifiers can load`() async throws {
            let run = try await OverTheSocket.daemon.run("jwks")
            #expect(run.code == 0)
            #expect(try KeySet(jwks: run.bytes).keyIds.count == 2)
        }
    }
}
