import FoundationEssentials
import Glibc
import LatchkeyServer
import Testing

@testable import LatchkeyAuthority

extension ServerTests {
    @Suite("A disk that fills up under load")
    struct FullDiskTests {
        /// Keys that a client was told of, with their secrets, and how often it was refused.
        private struct Minted: Sendable {
            var keys: [(id: String, secret: String)] = []
            var refusals = 0
        }

        /// Mints one after the other until that was refused, or so many were made.
        private static func mint(_ daemon: TestDaemon, most: Int, untilRefused: Bool) async throws -> Minted {
            var minted = Minted()
            for number in 0..<most {
                let reply = try await daemon.admin(
                    "POST", "/v1/api-keys", body: #"{"name":"k\#(number)","scopes":["relayfile:fs:read:*"]}"#)
                if reply.status == 201 {
                    let key = try TestDaemon.key(reply)
                    minted.keys.append((key.id, key.secret))
                } else {
                    expectError(reply, 503, "storage_unavailable")
                    minted.refusals += 1
                    if untilRefused { break }
                }
            }
            return minted
        }

        @Test(
            "stops mints before the last block; none that was acknowledged is lost, and each has its entry in the audit log",
            .enabled(if: SmallDisk.isPossible))
        func load() async throws {
            let scratch = Scratch()
            let disk = try #require(SmallDisk(at: scratch.path, bytes: 32 << 20))
            try await withDaemon(scratch: scratch) { daemon in
                let identity = try await daemon.identity("relayauth:identity:read:*")
                let pair = try await daemon.pair(identity)
                let filler = scratch.path + "/filler"
                var minted: [(id: String, secret: String)] = []
                for round in 0..<2 {
                    let results = try await withThrowingTaskGroup(of: Minted.self) { group in
                        for _ in 0..<8 { group.addTask { try await Self.mint(daemon, most: 5000, untilRefused: true) } }
                        // While they are at it. What is left then is less than the headroom.
                        try Data(count: 20 << 20).write(to: URL(filePath: filler))
                        return try await group.reduce(into: [Minted]()) { $0.append($1) }
                    }
                    #expect(results.allSatisfy { $0.refusals == 1 }, "each of them was refused in the end")
                    minted += results.flatMap(\.keys)
                    var information = statvfs()
                    #expect(statvfs(scratch.path, &information) == 0 && information.f_bavail > 0, "before the last block")
                    let status = try await daemon.admin("GET", "/v1/admin/status").json
                    #expect(status["services"]?["store"]?["status"]?.text == "degraded")
                    #expect(status["services"]?["store"]?["detail"]?.text?.contains("free") == true, "\(round)")
                    #expect(try await daemon.send("GET", "/.well-known/jwks.json").status == 200)
                    #expect(try await daemon.send("GET", "/v1/identities", [pair.bearer]).status == 200)
                    try FileManager.default.removeItem(atPath: filler)
                    let again = try await Self.mint(daemon, most: 50, untilRefused: false)
                    #expect(again.keys.count >= 1, "and by itself it goes on")
                    minted += again.keys
                }
                for key in minted {
                    let reply = try await daemon.call("POST", "/v1/authorize", key: key.secret, body: #"{"scope":"relayfile:fs:read:/a"}"#)
                    #expect(reply.status == 200)
                }
                let audited = try daemon.audit(.apiKeyCreated).compactMap { $0.metadata["apiKeyId"] }
                let listed = try await Self.listed(daemon)
                #expect(Set(minted.map(\.id)).isSubset(of: listed))
                #expect(audited.count == listed.count && Set(audited) == listed, "each key has its one entry")
            }
            disk.remove()
        }

        /// The ids of all keys of the first organisation.
        private static func listed(_ daemon: TestDaemon) async throws -> Set<String> {
            var ids: Set<String> = []
            var cursor: String?
            repeat {
                let page = try await daemon.admin("GET", "/v1/api-keys?limit=100" + (cursor.map { "&cursor=\($0)" } ?? "")).json
                ids.formUnion((page["data"]?.elements ?? []).compactMap { $0["id"]?.text })
                cursor = page["pagination"]?["cursor"]?.text
            } while cursor != nil
            return ids
        }
    }
}
