import AsyncHTTPClient
import FoundationEssentials
import NIOCore
import NIOHTTP1
import Synchronization

/// Clients that mint keys and issue tokens as fast as they can, and remember exactly what they were told was done.
final class MintLoad: Sendable {
    struct Done: Sendable {
        var keys: [String: String] = [:]
        var tokens: [String] = []
        var count: Int { keys.count + tokens.count }
    }

    private struct Minted: Decodable {
        struct Key: Decodable { let id: String }
        let apiKey: Key
        let key: String
    }

    private struct Pair: Decodable { let accessToken: String }

    private let url: String
    private let adminKey: String
    private let identity: String
    private let client: HTTPClient
    private let done = Mutex(Done())

    init(url: String, adminKey: String, identity: String, client: HTTPClient) {
        self.url = url
        self.adminKey = adminKey
        self.identity = identity
        self.client = client
    }

    var acknowledged: Done { done.withLock { $0 } }

    /// Runs `clients` of them until the daemon answers no more; calls `enough` once when `target` answers have come.
    func run(clients: Int, target: Int, enough: @escaping @Sendable () -> Void) async {
        await withDiscardingTaskGroup { group in
            for number in 0..<clients {
                group.addTask {
                    while let count = try? await self.step(mints: number.isMultiple(of: 2)) {
                        if count == target { enough() }
                    }
                }
            }
        }
    }

    private func step(mints: Bool) async throws -> Int {
        if mints {
            let minted: Minted = try await post("/v1/api-keys", "{\"name\":\"load\",\"scopes\":[\"relayauth:identity:read:*\"]}")
            return done.withLock { done in
                done.keys[minted.apiKey.id] = minted.key
                return done.count
            }
        }
        let pair: Pair = try await post("/v1/tokens", "{\"identityId\":\"\(identity)\"}")
        return done.withLock { done in
            done.tokens.append(pair.accessToken)
            return done.count
        }
    }

    private func post<Answer: Decodable>(_ path: String, _ body: String) async throws -> Answer {
        var request = HTTPClientRequest(url: url + path)
        request.method = .POST
        request.headers.add(name: "x-api-key", value: adminKey)
        request.body = .bytes(ByteBuffer(string: body))
        let response = try await client.execute(request, timeout: .seconds(20))
        guard response.status == .created else { throw Refused() }
        let bytes = try await response.body.collect(upTo: 65_536)
        return try JSONDecoder().decode(Answer.self, from: Data(bytes.readableBytesView))
    }

    private struct Refused: Error {}
}
