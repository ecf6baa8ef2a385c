import FoundationEssentials
import Glibc
@testable import LatchkeyAuthority
import LatchkeyCrypto
import LatchkeyScopes
import LatchkeyStore
import LatchkeyVerifier
import Synchronization
import Testing

/// A clock that stands still until a test moves it.
final class ManualClock: HostClock {
    static let start = Timestamp(rfc3339: "2026-03-01T12:00:00Z")!

    private let moment = Mutex((wall: ManualClock.start, uptime: Int64(1_000_000)))

    func now() -> Timestamp { moment.withLock { $0.wall } }
    func uptime() -> Int64 { moment.withLock { $0.uptime } }

    /// Time goes by.
    func advance(seconds: Int64) { advance(milliseconds: seconds * 1000) }

    func advance(milliseconds: Int64) {
        moment.withLock { $0 = ($0.wall.adding(milliseconds: milliseconds), $0.uptime + milliseconds) }
    }

    /// Somebody sets the wall clock.
    func step(seconds: Int64) { step(milliseconds: seconds * 1000) }

    func step(milliseconds: Int64) { moment.withLock { $0.wall = $0.wall.adding(milliseconds: milliseconds) } }
}

/// A directory that goes away with its owner.
final class Scratch: Sendable {
    let path: String

    init() {
        var template = Array("\(FileManager.default.temporaryDirectory.path)/latchkey-authority-XXXXXX".utf8CString)
        path = template.withUnsafeMutableBufferPointer { String(cString: mkdtemp($0.baseAddress!)) }
    }

    var store: String { "\(path)/store" }
    var masterKey: String { "\(path)/master.key" }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}

/// An authority over a store of its own. What ``init(_:)`` opens was made once for the whole run, because making keys is slow.
final class Install: Sendable {
    let scratch: Scratch
    let clock: ManualClock
    let store: Store
    let authority: Authority

    /// The files of an install right after its first start, and how they are read by their owner.
    private static let template: [(name: String, bytes: Data, mode: mode_t)] = try! {
        let first = try Install(at: Scratch())
        first.shut()
        return try ["master.key", "store/data.mdb", "store/latchkey.lock"].map { name in
            let path = "\(first.scratch.path)/\(name)"
            var status = stat()
            guard stat(path, &status) == 0 else { throw Missing(name: path) }
            return (name, try Data(contentsOf: URL(filePath: path)), status.st_mode & 0o777)
        }
    }()

    struct Missing: Error { let name: String }

    /// An install that has had its first start at the clock's start.
    convenience init(
        _ change: (inout AuthoritySettings) -> Void = { _ in },
        seams: AuthoritySeams = AuthoritySeams()
    ) throws {
        let scratch = Scratch()
        mkdir(scratch.store, 0o700)
        for file in Self.template {
            let path = "\(scratch.path)/\(file.name)"
            try file.bytes.write(to: URL(filePath: path))
            chmod(path, file.mode)
        }
        try self.init(at: scratch, change: change, seams: seams)
    }

    /// Opens what is in a directory; a first start when nothing is.
    init(
        at scratch: Scratch, clock: ManualClock = ManualClock(), masterKey: MasterKey.Source? = nil,
        change: (inout AuthoritySettings) -> Void = { _ in },
        seams: AuthoritySeams = AuthoritySeams()
    ) throws {
        self.scratch = scratch
        self.clock = clock
        var settings = AuthoritySettings(issuer: "https://keys.example", planes: .builtIn)
        settings.signingKeyBits = 2048
        settings.signingThreads = 1
        change(&settings)
        var options = Store.Options()
        options.mapSize = 1 << 30
        store = try Store.open(directory: scratch.store, schema: Tables.schema(writer: "latchkey test"), options: options)
        do {
            authority = try Authority.open(
                store: store, settings: settings, masterKey: masterKey ?? .file(scratch.masterKey), clock: clock, seams: seams
            )
        } catch {
            store.close()
            throw error
        }
    }

    /// The same directory after a stop and a start.
    func restarted(
        _ change: (inout AuthoritySettings) -> Void = { _ in }, seams: AuthoritySeams = AuthoritySeams()
    ) async throws -> Install {
        await authority.close()
        return try Install(at: scratch, clock: clock, change: change, seams: seams)
    }

    /// Ends the threads without writing anything more.
    func shut() {
        authority.signing.close()
        store.close()
    }

    deinit { shut() }
}

extension Install {
    /// The administrator on the socket.
    var admin: Caller { get throws { try Caller(authority.administrator(uid: 0, organisation: nil), RequestOrigin()) } }

    /// The administrator of another organisation, which this makes.
    func otherOrganisation() async throws -> Caller {
        let id = try await authority.createOrganisation(name: "other \(authority.ids.make(.install))", by: admin).record.id
        return try Caller(authority.administrator(uid: 0, organisation: id), RequestOrigin())
    }

    /// Mints a key that holds `scopes`.
    func key(_ scopes: [String], name: String = "key", by caller: Caller? = nil, expiresIn: Int64? = nil) async throws -> Minted {
        let request = APIKeyRequest(name: name, scopes: scopes, expiresAt: expiresIn.map { clock.now().adding(seconds: $0) })
        let (key, secret) = try await authority.mintAPIKey(request, by: caller ?? admin)
        return Minted(record: key.record, secret: secret.text)
    }

    /// Who calls with this API key.
    func caller(_ key: Minted, from address: String? = "192.0.2.1") throws -> Caller {
        let origin = RequestOrigin(address: address, userAgent: "test/1", requestId: "req-1")
        return try Caller(authority.authenticate(apiKey: key.secret, origin: origin), origin)
    }

    /// Who calls with this access token.
    func caller(_ pair: TokenPair, from address: String? = "192.0.2.2") throws -> Caller {
        try Caller(authority.authenticate(token: pair.accessToken.text), RequestOrigin(address: address))
    }

    /// Creates an identity; by default its tokens are good for this API too.
    func identity(
        _ name: String = "worker", _ scopes: [String] = ["relayauth:identity:manage:*", "relayfile:fs:read:*"], by caller: Caller? = nil
    ) async throws -> IdentityRecord {
        var request = IdentityRequest(name: name, sponsorId: "user_1")
        request.scopes = scopes
        return try await authority.createIdentity(request, by: caller ?? admin).record
    }

    func issue(_ identity: IdentityRecord, _ change: (inout TokenRequest) -> Void = { _ in }, by caller: Caller? = nil) async throws
        -> TokenPair
    {
        var request = TokenRequest(identityId: identity.id)
        change(&request)
        return try await authority.issueToken(request, by: caller ?? admin)
    }

    func refresh(_ pair: TokenPair) async throws -> TokenPair {
        try await authority.refresh(pair.refreshToken.text, origin: RequestOrigin(address: "192.0.2.3"))
    }

    func claims(_ pair: TokenPair) throws -> Claims { try authority.keys.keySet.verifySignature(of: pair.accessToken.text).claims }

    func isLive(_ pair: TokenPair) throws -> Bool { try authority.introspect(pair.accessToken.text, by: admin) != nil }

    /// Puts an identity's record and row as a later part of the program will.
    func change(
        _ identity: IdentityRecord, status: IdentityRecord.Status? = nil, scopes: [String]? = nil, endsAll: Bool = false
    ) async throws {
        let now = clock.now()
        try await store.write { transaction in
            let place = OwnedKey(identity.orgId, identity.id)
            let old = try transaction.get(Tables.identities, place)!
            var record = old
            record.status = status ?? old.status
            record.scopes = scopes ?? old.scopes
            record.updatedAt = now
            try IdentityIndex.put(record, replacing: old, in: transaction)
            var row = try transaction.get(Tables.identityLiveness, identity.id)!
            row.status = record.status
            if endsAll { row.epoch += 1 }
            try transaction.put(Tables.identityLiveness, identity.id, row)
        }
    }

    /// Every entry of the audit log, oldest first.
    func audit(_ action: AuditRecord.Action? = nil) throws -> [AuditRecord] {
        try store.read { transaction in
            var entries: [AuditRecord] = []
            try transaction.scan(Tables.audit, limit: .max) { _, row in
                let entry = try row.record()
                if action == nil || entry.action == action { entries.append(entry) }
                return true
            }
            return entries
        }
    }

    /// How many rows each table has.
    func counts() throws -> [String: Int] {
        try store.read { transaction in
            var counts: [String: Int] = [:]
            for table in Tables.all { counts[table.name] = try transaction.count(Table<[UInt8], BytesRow>(table.name, slot: table.slot)) }
            return counts
        }
    }

    /// Every row of every table as bytes.
    func contents() throws -> [String: [[UInt8]: [UInt8]]] {
        try store.read { try Tables.contents(in: $0) }
    }
}

/// An API key with its secret, which only the mint's answer holds.
struct Minted: Sendable {
    let record: APIKeyRecord
    let secret: String
}

extension Secret {
    var bytes: [UInt8] { withBytes { span in span.indices.map { span[$0] } } }
    var text: String { String(decoding: bytes, as: UTF8.self) }
}

/// What `body` was refused with; `nil` when it was not. Any other error fails the test.
func refusal<R>(_ location: SourceLocation = #_sourceLocation, _ body: () async throws -> R) async -> AuthorityError? {
    do {
        _ = try await body()
        return nil
    } catch let error as AuthorityError {
        return error
    } catch {
        Issue.record(error, sourceLocation: location)
        return nil
    }
}

extension AuthorityError {
    func text(_ name: String) -> String? {
        guard case .text(let text) = details.first(where: { $0.name == name })?.value else { return nil }
        return text
    }

    func list(_ name: String) -> [String]? {
        guard case .list(let list) = details.first(where: { $0.name == name })?.value else { return nil }
        return list
    }
}

/// Whether `needle` stands somewhere in `bytes`.
func contains(_ bytes: [UInt8], _ needle: [UInt8]) -> Bool {
    guard !needle.isEmpty, bytes.count >= needle.count else { return false }
    return (0...(bytes.count - needle.count)).contains { start in
        bytes[start] == needle[0] && bytes[start..<start + needle.count].elementsEqual(needle)
    }
}

/// The forms in which a secret could lie somewhere: as it is, and its hash raw, as hexadecimal and as both base64 texts.
func traces(of secret: String) -> [[UInt8]] {
    let hash = SHA256.hash(Array(secret.utf8))
    let hex = Hexadecimal.text(hash)
    return [Array(secret.utf8), hash, Array(hex.utf8), Array(Base64URL.encode(hash).utf8), Array(Data(hash).base64EncodedString().utf8)]
}

extension Authority {
    /// A signature of the RSA key that signs, over anything: what only a thief of the key, or this program, could make.
    func signRSA(_ message: [UInt8]) throws -> [UInt8] {
        guard case .rsa(_, let key) = try keys.signer.get() else { throw SignerProblem.told }
        return try key.sign(message)
    }
}
