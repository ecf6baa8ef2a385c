import AsyncHTTPClient
import FoundationEssentials
import Glibc
import LatchkeyVerifier
import NIOCore
import NIOHTTP1
import Testing

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
                    try await Self.withClient { client in
                        try await Self.requireKept(before, at: daemon.url, adminKey: adminKey, client: client)
                        guard round < Self.rounds else { return MintLoad.Done() }
                        let load = MintLoad(url: daemon.url, adminKey: adminKey, identity: identity, client: client)
                        await load.run(clients: 8, target: Int.random(in: 1...80)) { kill(daemon.pid, SIGKILL) }
                        return load.acknowledged
                    }
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

    private static func requireKept(_ done: MintLoad.Done, at url: String, adminKey: String, client: HTTPClient) async throws {
        for (id, key) in done.keys {
            var request = HTTPClientRequest(url: url + "/v1/identities?limit=1")
            request.headers.add(name: "x-api-key", value: key)
            let status = try await client.execute(request, timeout: .seconds(20)).status
            #expect(status == .ok, "the acknowledged API key \(id) is lost")
        }
        for token in done.tokens {
            var request = HTTPClientRequest(url: url + "/v1/tokens/introspect")
            request.method = .POST
            request.headers.add(name: "x-api-key", value: adminKey)
            request.body = .bytes(ByteBuffer(string: "{\"token\":\"\(token)\"}"))
            let answer = try await client.execute(request, timeout: .seconds(20)).body.collect(upTo: 65_536)
            #expect(String(buffer: answer).hasPrefix("{\"sub\""), "an acknowledged token is lost")
        }
    }

    private static func tokenId(_ token: String) throws -> String {
        struct Payload: Decodable { let jti: String }
        var part = String(token.split(separator: ".")[1]).replacing("-", with: "+").replacing("_", with: "/")
        while part.utf8.count % 4 != 0 { part += "=" }
        return try JSONDecoder().decode(Payload.self, from: #require(Data(base64Encoded: part))).jti
    }

    private static func withClient<Value: Sendable>(_ body: (HTTPClient) async throws -> Value) async throws -> Value {
        var configuration = HTTPClient.Configuration.singletonConfiguration
        configuration.connectionPool.retryConnectionEstablishment = false
        let client = HTTPClient(configuration: configuration)
        do {
            let value = try await body(client)
            try await client.shutdown()
            return value
        } catch {
            try? await client.shutdown()
            throw error
        }
    }
}
