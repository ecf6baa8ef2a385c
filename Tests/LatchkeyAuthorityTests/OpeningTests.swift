import FoundationEssentials
@testable import LatchkeyAuthority
import LatchkeyCrypto
import LatchkeyStore
import LatchkeyVerifier
import Testing

@Suite("Opening an install")
struct OpeningTests {
    @Test("makes one install, organisation and anchor, an active and a standby key, and an audit entry for each")
    func firstStart() throws {
        let install = try Install(at: Scratch())
        let counts = try install.counts().filter { $0.value > 0 }
        #expect(
            counts == [
                "install": 1, "organisations": 1, "anchors": 1, "signing-keys": 2, "signer": 2, "audit": 3, "audit-index": 9,
                "audit-tree": 4, "audit-log": 1,
            ])
        let ring = install.authority.keys.ring
        #expect(ring.published.map(\.state) == [.active, .standby])
        #expect(ring.active?.kid != ring.standby?.kid)
        #expect(
            ring.records.allSatisfy {
                $0.bits == 2048 && $0.origin == .generated && $0.createdAt == ManualClock.start && $0.publishedAt == ManualClock.start
            })
        #expect(ring.active?.activatedAt == ManualClock.start)
        #expect(ring.standby?.activatedAt == nil)
        let entries = try install.audit()
        #expect(entries.map(\.action) == [.organisationCreated, .keyCreated, .keyCreated])
        #expect(entries.map(\.seq) == [1, 2, 3])
        #expect(entries.allSatisfy { $0.actor == "system" && $0.orgId == install.authority.firstOrganisation && $0.result == .allowed })
        #expect(Set(entries.compactMap { $0.metadata["kid"] }) == Set(ring.records.map(\.kid)))
        #expect(install.authority.sealState == .open)
        #expect(install.authority.services.allSatisfy { $0.level == .healthy })
    }

    @Test("makes keys of the size that the settings say")
    func size() throws {
        let install = try Install(at: Scratch()) { $0.signingKeyBits = 3072 }
        #expect(install.authority.keys.ring.records.map(\.bits) == [3072, 3072])
        #expect(install.authority.keys.ring.jwks.keys.allSatisfy { Base64URL.decode($0.n ?? "")?.count == 384 })
    }

    @Test("a second time changes nothing")
    func secondStart() async throws {
        // A stop notes the time; the one before has done so.
        let first = try await Install().restarted()
        let before = try first.contents()
        let key = try Data(contentsOf: URL(filePath: first.scratch.masterKey))
        let document = first.authority.keys.document
        let second = try await first.restarted()
        #expect(try second.contents() == before)
        #expect(try Data(contentsOf: URL(filePath: second.scratch.masterKey)) == key)
        #expect(second.authority.keys.document == document)
        #expect(second.authority.keys.entityTag == first.authority.keys.entityTag)
        #expect(second.authority.install.id == first.authority.install.id)
        #expect(second.authority.sealState == .open)
    }

    @Test("shows both keys in the JWKS, with public members alone")
    func jwks() throws {
        struct Set: Decodable { let keys: [[String: String]] }
        let snapshot = try Install().authority.keys
        let set = try JSONDecoder().decode(Set.self, from: Data(snapshot.document))
        #expect(set.keys.count == 2)
        for (member, record) in zip(set.keys, snapshot.ring.published) {
            #expect(member == ["kty": "RSA", "n": record.n, "e": "AQAB", "alg": "RS256", "use": "sig", "kid": record.kid])
            #expect(try JWK(kty: "RSA", n: record.n, e: record.e).thumbprint() == record.kid)
        }
        #expect(try KeySet(jwks: snapshot.document).keyIds == snapshot.keySet.keyIds)
    }

    @Test("reads a master key that is there before the first start, and makes none where somebody else is to provide it")
    func providedKey() throws {
        let scratch = Scratch()
        let refusal = #expect(throws: OpeningError.self) { try Install(at: scratch, masterKey: .provided(scratch.masterKey)) }
        #expect(refusal?.message.contains(scratch.masterKey) == true)
        #expect(!FileManager.default.fileExists(atPath: scratch.masterKey))
        try Data((0..<32).map { UInt8($0) }).write(to: URL(filePath: scratch.masterKey))
        try FileManager.default.setAttributes([.posixPermissions: 0o400], ofItemAtPath: scratch.masterKey)
        let install = try Install(at: scratch, masterKey: .provided(scratch.masterKey))
        let expected = try Seal(masterKey: Secret(copying: (0..<32).map { UInt8($0) }), installId: install.authority.install.id)
        #expect(install.authority.install.sealCheck == expected.check)
    }

    @Test("leaves no half install behind when the master key can't be used at the first start")
    func unusableAtFirstStart() throws {
        let scratch = Scratch()
        try Data("too short".utf8).write(to: URL(filePath: scratch.masterKey))
        try FileManager.default.setAttributes([.posixPermissions: 0o400], ofItemAtPath: scratch.masterKey)
        #expect(throws: OpeningError.self) { try Install(at: scratch) }
        #expect(try Data(contentsOf: URL(filePath: scratch.masterKey)) == Data("too short".utf8))
        try FileManager.default.removeItem(atPath: scratch.masterKey)
        let install = try Install(at: scratch)
        #expect(try install.counts()["install"] == 1)
        #expect(try install.counts()["organisations"] == 1)
    }

    @Test("makes the master key readable by its owner alone, 256 bits of it")
    func masterKeyFile() throws {
        let install = try Install()
        let attributes = try FileManager.default.attributesOfItem(atPath: install.scratch.masterKey)
        #expect(attributes[.posixPermissions] as? Int == 0o400)
        #expect(try MasterKey.read(.file(install.scratch.masterKey)).count == 32)
    }

    @Test("answers with what the operator asks first")
    func status() async throws {
        let install = try Install()
        _ = try await install.key(["relayauth:identity:read:*"])
        let status = try install.authority.status()
        #expect(status.level == .healthy)
        #expect(status.keys.map(\.kid) == install.authority.keys.ring.inOrder.map(\.kid))
        #expect(status.counts.first { $0.name.description == "apiKeys" }?.count == 1)
        #expect(status.counts.first { $0.name.description == "auditEntries" }?.count == 4)
        #expect(status.issuer == "https://keys.example")
        #expect(status.now == ManualClock.start)
    }
}
