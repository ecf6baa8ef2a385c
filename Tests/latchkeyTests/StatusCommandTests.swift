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

        @Test func `keys that end soon are told with the command that replaces them`() async throws {
            let answer = """
                {"status":"healthy","orgId":"org_1","endingApiKeys":{"withinDays":30,"hasMore":true,"keys":[
                 {"id":"ak_1","orgId":"org_1","name":"a b","kind":"service","expiresAt":"2030-01-01T00:00:00.000Z"},
                 {"id":"ak_2","orgId":"org_2","name":"","kind":"org_token","expiresAt":"2030-01-02T00:00:00.000Z"},
                 {"id":"ak_3","orgId":"org_1","name":"own","kind":"self_service","expiresAt":"2030-01-03T00:00:00.000Z"}]}}
                """
            // A rotation would not do: the new key would end when this one does.
            let mint = "latchkey api-keys mint --name NAME --scope SCOPE --expires 90d --replaces"
            let status = try await FakeRun.of(["status"]) { _ in (200, answer) }
            #expect(
                status.run.lines == [
                    "status\thealthy", "organisation\torg_1",
                    "API key ends\tak_1 \"a b\" 2030-01-01T00:00:00.000Z: \(mint) ak_1 --to-file PATH",
                    "API key ends\tak_2 2030-01-02T00:00:00.000Z: \(mint) ak_2 --org org_2 --to-file PATH",
                    "API key ends\tak_3 own 2030-01-03T00:00:00.000Z: its identity makes a new one with POST /api/v1/keys",
                    "API keys end\twithin 30 days more than these: latchkey api-keys list",
                ])
            let none = try await FakeRun.of(["status"]) { _ in
                (200, #"{"status":"healthy","endingApiKeys":{"withinDays":30,"keys":[],"hasMore":false}}"#)
            }
            #expect(none.run.lines == ["status\thealthy"])
        }

        @Test func `jwks prints a set of two keys that verifiers can load`() async throws {
            let run = try await OverTheSocket.daemon.run("jwks")
            #expect(run.code == 0)
            #expect(try KeySet(jwks: run.bytes).keyIds.count == 2)
        }
    }
}
