import FoundationEssentials
import LatchkeyServer
import Testing

extension ServerTests {
    @Suite("Random requests")
    struct FuzzTests {
        private struct Tally: Sendable {
            var served = 0
            var good = 0
            var failures: [String] = []

            mutating func note(_ reply: Reply, _ request: [UInt8]) {
                served += 1
                if (200..<300).contains(reply.status) { good += 1 }
                if reply.status >= 500 || reply.status < 200 {
                    failures.append(
                        "\(reply.status) \(reply.text.prefix(200)) to \(String(decoding: request.prefix(2000), as: UTF8.self).debugDescription)"
                    )
                }
            }

            mutating func add(_ other: Tally) {
                served += other.served
                good += other.good
                failures += other.failures
            }
        }

        /// Requests on connections that are kept for as long as the server keeps them.
        private static func framed(_ count: Int, seed: UInt64, _ known: RandomRequests.Knowledge, _ door: Door) async throws -> Tally {
            var requests = RandomRequests(seed: seed, known)
            var tally = Tally()
            var wire = try await Wire.open(door)
            for index in 0..<count {
                let (method, bytes) = requests.framed(index)
                if wire.isClosed { wire = try await Wire.open(door) }
                do {
                    try await wire.send(bytes)
                    let reply = try await wire.reply(toHead: method == "HEAD")
                    tally.note(reply, bytes)
                    if reply["connection"] == "close" { await wire.untilClosed() }
                } catch {
                    // The connection ended after the answer before; once more on a fresh one, where the answer must come.
                    wire = try await Wire.open(door)
                    try? await wire.send(bytes)
                    tally.note(try await wire.reply(toHead: method == "HEAD"), bytes)
                }
            }
            await wire.close()
            return tally
        }

        /// Requests that may be no HTTP at all, each on a connection of its own.
        private static func mangled(_ count: Int, seed: UInt64, _ known: RandomRequests.Knowledge, _ door: Door) async throws -> Tally {
            var requests = RandomRequests(seed: seed, known)
            var tally = Tally()
            for index in 0..<count {
                let bytes = requests.mangled(index)
                let wire = try await Wire.open(door)
                try? await wire.send(bytes)
                await wire.finish()
                // None is an answer, too: to what never became a request.
                if let reply = try? await wire.reply() { tally.note(reply, bytes) }
                await wire.close()
            }
            return tally
        }

        @Test("10,000 at every route end in no 5xx, no crash and no memory that grows")
        func everything() async throws {
            let given = ProcessInfo.processInfo.environment["LATCHKEY_TEST_SEED"].flatMap { UInt64($0) }
            let seed = given ?? UInt64.random(in: 0...UInt64.max)
            print("random requests: LATCHKEY_TEST_SEED=\(seed)")
            try await withDaemon { daemon in
                let identity = try await daemon.identity("*")
                let pair = try await daemon.pair(identity, #""audience":["relayauth"]"#)
                let weak = try await daemon.pair(identity, #""scopes":["relayfile:fs:read:*"],"audience":["relayauth"]"#)
                let (key, little) = (try await daemon.key("*"), try await daemon.key("relayauth:token:read:*"))
                let known = RandomRequests.Knowledge(
                    keys: [key.secret, key.secret, little.secret], tokens: [pair.access, pair.access, weak.access, weak.refresh],
                    ids: [little.id, identity, try weak.tokenId, "ak_00000000000000000000000000"])
                // warm: what is allocated once and kept is not growth
                _ = try await Self.framed(1500, seed: seed &+ 1000, known, daemon.tcp)
                let before = try Memory.anonymous()
                let (tcp, socket) = (daemon.tcp, daemon.socket)
                let tally = try await withThrowingTaskGroup(of: Tally.self) { group in
                    for number in 0..<6 {
                        group.addTask { try await Self.framed(1250, seed: seed &+ UInt64(number), known, number == 5 ? socket : tcp) }
                    }
                    for number in 6..<8 {
                        group.addTask { try await Self.mangled(1250, seed: seed &+ UInt64(number), known, tcp) }
                    }
                    var all = Tally()
                    for try await tally in group { all.add(tally) }
                    return all
                }
                #expect(tally.failures.isEmpty, "seed \(seed): \(tally.failures.first ?? "")")
                #expect(tally.served > 8000, "\(tally.served) answers")
                #expect(tally.good > 400, "\(tally.good) good ones: the requests get somewhere")
                let growth = try Memory.anonymous() - before
                print("random requests: memory grew by \(growth) KiB")
                #expect(growth < 32 * 1024, "grew by \(growth) KiB")
                #expect(try await daemon.send("GET", "/v1/health").json["status"]?.text == "healthy")
                #expect(!daemon.log.lines.contains { $0.hasPrefix("error") }, "seed \(seed)")
            }
        }
    }
}
