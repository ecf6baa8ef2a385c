import Glibc
import LatchkeyAuthority
import LatchkeyScopes
import LatchkeyStore
import LatchkeyVerifier

/// Fills the store of a daemon that is stopped, for the benchmark: `latchkey-seed STATE_DIR IDENTITIES TOKENS ENTRIES`. It goes through the
/// authority's own operations, many at a time, so that every row and every entry of the audit log is what a daemon would have written.
@main
enum Seed {
    /// How many operations wait for the writer at a time: one full batch of it.
    private static let width = 256

    static func main() async throws {
        let arguments = CommandLine.arguments.dropFirst()
        let numbers = arguments.dropFirst().compactMap { Int($0) }
        guard let directory = arguments.first, numbers.count == 3 else {
            print("usage: latchkey-seed STATE_DIR IDENTITIES TOKENS ENTRIES")
            exit(2)
        }
        var settings = AuthoritySettings(issuer: "http://latchkey.benchmark", planes: .builtIn)
        settings.signingKeyBits = 2048
        settings.signingThreads = max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))
        let store = try Store.open(directory: directory + "/store", schema: Tables.schema(writer: "latchkey-seed"))
        let authority = try Authority.open(
            store: store, settings: settings, masterKey: .file(directory + "/master.key"), clock: SystemClock())
        let admin = try Caller(authority.administrator(uid: 0, organisation: nil), RequestOrigin())
        try await fill(authority, admin, identities: numbers[0], tokens: numbers[1], entries: numbers[2])
        await authority.close()
    }

    private static func fill(_ authority: Authority, _ admin: Caller, identities: Int, tokens: Int, entries: Int) async throws {
        let ids = Made()
        try await many(identities) { number in
            var request = IdentityRequest(name: "seed \(number)", sponsorId: "benchmark")
            request.scopes = ["relayfile:fs:read:/docs/*"]
            request.type = ["agent", "human", "service"][number % 3]
            ids.add(try await authority.createIdentity(request, by: admin).record.id)
        }
        let all = ids.all.sorted()
        guard let first = all.first, all.count > 1 else { return }
        try await many(tokens) { _ in _ = try await authority.issueToken(TokenRequest(identityId: first), by: admin) }
        let counts = try authority.status().counts
        let missing = entries - (counts.first { "\($0.name)" == "auditEntries" }?.count ?? 0)
        try await many(max(0, missing)) { number in
            var change = IdentityChange()
            change.metadata = ["round": String(number)]
            // The one with the tokens stays as it is.
            _ = try await authority.updateIdentity(all[1 + number % (all.count - 1)], change, by: admin)
        }
        print(first)
    }

    private static func many(_ count: Int, _ work: @escaping @Sendable (Int) async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for lane in 0..<width {
                group.addTask { for number in stride(from: lane, to: count, by: width) { try await work(number) } }
            }
            try await group.waitForAll()
        }
    }
}
