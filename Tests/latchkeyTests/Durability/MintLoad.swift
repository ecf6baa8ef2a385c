import LatchkeyVerifier
import Synchronization

@testable import latchkey

/// Clients that mint keys and issue tokens as fast as they can, and remember exactly what they were told was done.
final class MintLoad: Sendable {
    struct Done: Sendable {
        var keys: [String: String] = [:]
        var tokens: [String] = []
        var count: Int { keys.count + tokens.count }
    }

    private let door: DaemonDoor
    private let identity: String
    private let done = Mutex(Done())

    init(door: DaemonDoor, identity: String) {
        self.door = door
        self.identity = identity
    }

    var acknowledged: Done { done.withLock { $0 } }

    /// Runs `clients` of them until the daemon answers no more; calls `enough` once when `target` answers have come.
    func run(clients: Int, target: Int, enough: @escaping @Sendable () -> Void) async {
        await withDiscardingTaskGroup { group in
            for number in 0..<clients {
                group.addTask {
                    try? await DaemonClient.with(self.door) { client in
                        while true {
                            let count = try await self.step(client, mints: number.isMultiple(of: 2))
                            if count == target { enough() }
                        }
                    }
                }
            }
        }
    }

    private func step(_ client: DaemonClient, mints: Bool) async throws -> Int {
        if mints {
            let answer = try await client.post("/v1/api-keys") {
                $0.member("name", "load")
                $0.member("scopes", ["relayauth:identity:read:*"])
            }
            guard let id = answer.root["apiKey"]?["id"]?.text, let key = answer.root["key"]?.text else { throw JSONScanner.foreign }
            return done.withLock { done in
                done.keys[id] = key
                return done.count
            }
        }
        guard let token = try await client.post("/v1/tokens", { $0.member("identityId", identity) }).root["accessToken"]?.text else {
            throw JSONScanner.foreign
        }
        return done.withLock { done in
            done.tokens.append(token)
            return done.count
        }
    }
}
