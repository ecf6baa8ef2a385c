import FoundationEssentials
import Glibc
import LatchkeyCrypto
import LatchkeyVerifier
import Testing

@testable import latchkey

/// What is acknowledged is on disk; what is not acknowledged left no trace.
@Suite struct CrashTests {
    private static let rounds = 20

    @Test func `killed in the middle of a mint load, twenty times, it keeps all that it acknowledged and nothing half done`() async throws {
        try await ScratchDirectory.with { scratch in
            let state = scratch["state"]
            let (adminKey, identity) = try await Self.prepare(state)
            var all = MintLoad.Done()
            var last = MintLoad.Done()
            for round in 0...Self.rounds {
                let before = last
                let ended = try await DaemonProcess.with(stateDirectory: state) { daemon in
                    try await Self.requireKept(before, at: daemon.url, adminKey: adminKey)
                    guard round < Self.rounds else { return MintLoad.Done() }
                    let load = MintLoad(door: try Self.door(daemon.url, key: adminKey), identity: identity)
                    await load.run(clients: 8, target: Int.random(in: 1...80)) { kill(daemon.pid, SIGKILL) }
                    return load.acknowledged
                }
                last = ended.value
                all.keys.merge(last.keys) { a, _ in a }
                all.tokens += last.tokens
            }
            #expect(all.keys.count >= Self.rounds && all.tokens.count >= Self.rounds, "the load did nothing worth the name")
            let census = try StoreCensus(stateDirectory: state)
            #expect(census.faults == [])
            for id in all.keys.keys { #expect(census.keyEntries[id] == 1) }
            for token in all.tokens { #expect(census.tokenEntries[try Self.tokenId(token)] == 1) }
        }
    }

    private static func prepare(_ state: String) async throws -> (key: String, identity: String) {
        try await DaemonProcess.with(stateDirectory: state) { daemon in
            let minted = try await daemon.run("api-keys", "mint", "--name", "admin", "--scope", "*", "--print-key")
            let identity = try await daemon.identity("load")
            return (String(minted.output.dropLast()), identity.id)
        }.value
    }

    private static func door(_ url: String, key: String) throws -> DaemonDoor {
        .address(try #require(DaemonURL(url)), key: Secret(copying: Array(key.utf8)), trust: .system)
    }

    private static func requireKept(_ done: MintLoad.Done, at url: String, adminKey: String) async throws {
        try await DaemonClient.with(door(url, key: adminKey)) { client in
            for (id, key) in done.keys {
                let answer = try? await client.authenticating(as: Secret(copying: Array(key.utf8))).get("/v1/identities?limit=1")
                #expect(answer != nil, "the acknowledged API key \(id) is lost")
            }
            for token in done.tokens {
                let claims = try await client.post("/v1/tokens/introspect") { $0.member("token", token) }
                #expect(claims.root["sub"]?.text != nil, "an acknowledged token is lost")
            }
        }
    }

    private static func tokenId(_ token: String) throws -> String {
        struct Payload: Decodable { let jti: String }
        var part = String(token.split(separator: ".")[1]).replacing("-", with: "+").replacing("_", with: "/")
        while part.utf8.count % 4 != 0 { part += "=" }
        return try JSONDecoder().decode(Payload.self, from: #require(Data(base64Encoded: part))).jti
    }
}
