import FoundationEssentials
import Glibc
@testable import LatchkeyServer
import Logging
import ServiceLifecycle
import Testing

extension ServerTests {
    @Suite("The legacy secret")
    struct LegacySecretTests {
        @Test("is found in no answer, no log message and no file, whatever is done with it; nor is a private key")
        func nowhere() async throws {
            let scratch = try Scratch.withEmptyState()
            try await withDaemon(scratch: scratch) { daemon in
                let pem = try Fixture.text("crypto/rsa2048-pkcs8.pem")
                let der = try #require(Data(base64Encoded: pem.split(separator: "\n").dropFirst().dropLast().joined()).map(Array.init))
                // A part of the private half, where base64 of the whole has base64 of the part.
                daemon.ledger.note(bytes: Array(der[699..<741]))
                daemon.ledger.note(bytes: try #require(scratch.files["state/master.key"]))
                let old = LegacyIssuer(daemon)
                let identity = try await daemon.identity("relayauth:identity:read:*")
                try await daemon.done("/v1/admin/keys/import", #"{"pem":"\#(pem.replacing("\n", with: "\\n"))"}"#)
                var replies = [try await daemon.admin("POST", "/v1/admin/cutover/legacy-secret", body: old.body())]
                #expect(replies[0].status == 201)
                replies.append(try await daemon.admin("POST", "/v1/admin/cutover/legacy-secret", body: old.body()))
                replies.append(try await daemon.admin("POST", "/v1/admin/cutover/legacy-secret", body: old.body() + "x"))
                replies.append(try await daemon.admin("POST", "/v1/admin/cutover/verifiers", body: #"{"name":"\#(old.secret)"}"#))
                _ = try await daemon.pair(identity)
                for phase in ["published", "cutover", "sunset"] {
                    let step = try await daemon.admin("POST", "/v1/admin/cutover/advance", body: #"{"override":"a test"}"#)
                    #expect(step.json["to"]?.text == phase && step.json["done"]?.flag == true)
                    let token = old.token(old.claims())
                    replies.append(step)
                    replies.append(try await daemon.send("GET", "/v1/identities", [("authorization", "Bearer \(token)")]))
                    replies.append(try await daemon.admin("POST", "/v1/tokens/introspect", body: #"{"token":"\#(token)"}"#))
                }
                replies.append(try await daemon.admin("POST", "/v1/admin/seal/rewrap"))
                #expect(replies.last?.status == 200)
                daemon.ledger.note(bytes: try #require(scratch.files["state/master.key"]))
                for path in ["cutover", "status", "keys"] { replies.append(try await daemon.admin("GET", "/v1/admin/\(path)")) }
                replies.append(try await daemon.admin("POST", "/v1/audit/export", body: #"{"format":"json"}"#))
                for reply in replies { #expect(daemon.ledger.found(in: reply.body, rawHashes: true).isEmpty, "\(reply.status)") }
                func search() {
                    let files = scratch.files.filter { !$0.key.hasPrefix("state/master.key") }
                    #expect(
                        files["state/store/data.mdb"].map { SecretLedger.contains($0, Array(old.kid.utf8)) } == true, "the search works")
                    for (name, bytes) in files { #expect(daemon.ledger.found(in: bytes, rawHashes: false).isEmpty, "\(name)") }
                }
                search()
                try await daemon.done("/v1/admin/cutover/purge", #"{"override":"a test"}"#)
                search()
            }
        }

        /// An admin socket of a daemon whose look at itself goes somewhere else.
        private static func withLost(_ daemon: TestDaemon, _ probe: ListenerProbe, _ body: (Door) async throws -> Void) async throws {
            let about = About(
                version: "0", listen: nil, adminSocket: nil, stateDirectory: "", masterKey: "", masterKeySharesDisk: false, retryWindow: 10,
                metrics: Metrics(.api))
            let responder = try APIResponder(
                table: .api, authority: daemon.authority, peers: PeerPolicy(ownUser: geteuid(), adminGroup: nil), proxies: .none,
                clock: daemon.clock, about: about, probe: probe)
            let path = daemon.scratch.path + "/lost.sock"
            let socket = try BoundSocket.unix(path: path, mode: 0o600, group: nil)
            let listener = Listener(socket: socket, responder: responder, logger: daemon.log.logger)
            let group = ServiceGroup(configuration: .init(services: [.init(service: listener)], logger: daemon.log.logger))
            let task = Task { try await group.run() }
            try await body(.socket(path: path))
            await group.triggerGracefulShutdown()
            try await task.value
        }

        @Test("goes on to sign alone when the listener does not show the next key: the step is undone, and nothing overrides that")
        func undone() async throws {
            let scratch = try Scratch.withEmptyState()
            try await withDaemon(scratch: scratch) { daemon in
                try await daemon.done("/v1/admin/cutover/legacy-secret", LegacyIssuer(daemon).body())
                let identity = try await daemon.identity("relayauth:identity:read:*")
                try await withServer(Answering { _, _ in .text(#"{"keys":[]}"#) }) { elsewhere in
                    let nobody = try BoundSocket.tcp(host: "127.0.0.1", port: 0)
                    let port = try #require(nobody.port)
                    nobody.close()
                    for probe in [ListenerProbe(host: "127.0.0.1", port: elsewhere.port), ListenerProbe(host: "127.0.0.1", port: port)] {
                        try await Self.withLost(daemon, probe) { door in
                            let reply = try await daemon.send(
                                "POST", "/v1/admin/cutover/advance", body: #"{"override":"a test"}"#, to: door)
                            expectError(reply, 409, "cutover_gate_refused")
                            #expect(
                                reply.json["gates"]?.texts?.count == 1 && reply.json["gates"]?.texts?[0].hasPrefix("fetch") == true,
                                "\(reply.text)")
                        }
                        let status = try await daemon.admin("GET", "/v1/admin/cutover").json
                        #expect(status["phase"]?.text == "legacy" && status["jwksPublicSince"] == nil)
                        #expect(try await daemon.pair(identity).header["alg"]?.text == "HS256")
                    }
                }
                #expect(try await daemon.done("/v1/admin/cutover/advance")["to"]?.text == "published")
            }
        }
    }
}
