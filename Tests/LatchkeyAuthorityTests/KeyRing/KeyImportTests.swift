@testable import LatchkeyAuthority
import LatchkeyCrypto
import LatchkeyStore
import LatchkeyVerifier
import Testing

@Suite("An imported signing key")
struct KeyImportTests {
    @Test("takes the standby's place, and its standby time starts", arguments: ["rsa2048-pkcs8", "rsa2048-pkcs1", "rsa3072-pkcs8"])
    func imported(_ file: String) async throws {
        let install = try Install.prepared()
        let displaced = try install.standby.kid
        install.clock.advance(seconds: 10 * day)
        let done = try await install.authority.importKey(pem: Fixture.pem(file), by: install.admin)
        let standby = try install.standby
        #expect(done.keyId == standby.kid && done.displacedKeyId == displaced && done.readyAt == at(11 * day))
        #expect(standby.origin == .imported && standby.publishedAt == at(10 * day) && standby.bits == (file.contains("3072") ? 3072 : 2048))
        let gone = try install.record(displaced)
        #expect(gone.state == .retired && gone.sealedPrivateKey == nil && gone.leftAt == at(10 * day))
        #expect(try install.served == [install.signer.kid, standby.kid].sorted())
        #expect(
            await refusal { try await install.authority.rotateKeys(now: false, by: install.admin) }?.text("readyAt")
                == at(11 * day).description)
        install.clock.advance(seconds: day)
        _ = try await install.authority.rotateKeys(now: false, by: install.admin)
        let pair = try await install.issue(install.identity())
        #expect(try install.keyId(pair) == done.keyId && install.isLive(pair))
    }

    @Test("does not sign before the bundles that lack it have ended")
    func bundles() async throws {
        let install = try Install.prepared()
        try await install.authority.noteBundle(notAfter: at(20 * day))
        let done = try await install.authority.importKey(pem: Fixture.pem("rsa2048-pkcs8"), by: install.admin)
        #expect(done.readyAt == at(20 * day))
    }

    struct Bad: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let pem: @Sendable () throws -> Secret

        init(_ name: String, _ pem: @escaping @Sendable () throws -> Secret) { (testDescription, self.pem) = (name, pem) }

        static let all =
            [
                "rsa1024-pkcs8", "rsa2048-encrypted-pkcs1", "rsa2048-encrypted-pkcs8", "rsa2048-mismatched", "rsa2048-wrong-exponent",
                "rsa2048-truncated", "rsa2048-pkcs8-trailing-der", "rsa2048-public", "rsa-pss-pkcs8", "ec-pkcs8", "ed25519-pkcs8",
                "certificate",
            ].map { name in Bad(name) { try Fixture.pem(name) } } + [
                Bad("nothing") { Secret(copying: []) },
                Bad("no PEM") { Secret(copying: Array("a key".utf8)) },
                Bad("more than a key can be") { Secret(copying: [UInt8](repeating: 0x41, count: 16 * 1024 + 1)) },
                Bad("two keys") { try Secret(copying: Fixture.pem("rsa2048-pkcs8").bytes + Fixture.pem("rsa3072-pkcs8").bytes) },
            ]
    }

    @Test("is refused when it is no sound RSA key of a size that is made here, and nothing changes", arguments: Bad.all)
    func refused(_ bad: Bad) async throws {
        let install = try Install.prepared()
        let before = try install.contents()
        let refusal = await refusal { try await install.authority.importKey(pem: bad.pem(), by: install.admin) }
        #expect(refusal?.code == .invalidRequest && refusal?.text("field") == "pem")
        #expect(refusal?.message.contains("PRIVATE KEY-----\nM") == false)
        #expect(try install.contents() == before)
    }

    @Test("comes once: neither while it is in the ring nor after it has left")
    func again() async throws {
        let install = try Install.prepared()
        let first = try await install.authority.importKey(pem: Fixture.pem("rsa2048-pkcs8"), by: install.admin)
        func refused() async throws {
            let before = try install.contents()
            // The same key in another wrapping.
            let refusal = await refusal { try await install.authority.importKey(pem: Fixture.pem("rsa2048-pkcs1"), by: install.admin) }
            #expect(refusal?.text("field") == "pem")
            #expect(try install.contents() == before)
        }
        try await refused()
        _ = try await install.authority.importKey(pem: Fixture.pem("rsa3072-pkcs8"), by: install.admin)
        #expect(try install.record(first.keyId).state == .retired)
        try await refused()
        _ = try await install.authority.revokeKey(first.keyId, reason: "stolen", by: install.admin)
        try await refused()
    }

    @Test("does not come again after it was revoked, however long ago")
    func revoked() async throws {
        let install = try Install.prepared()
        let pem = try Fixture.pem("rsa2048-pkcs8")
        let first = try await install.authority.importKey(pem: pem, by: install.admin)
        _ = try await install.authority.revokeKey(first.keyId, reason: "stolen", by: install.admin)
        // So many later that it is not remembered any more.
        try await install.store.write { transaction in
            for number in 0..<220 {
                let key = SigningKeyRecord.sample("later-\(number)", .retired, activated: 1, deactivated: 2, left: day + Int64(number))
                try transaction.put(Tables.signingKeys, key.kid, key)
            }
        }
        install.clock.advance(seconds: 2 * day)
        try install.authority.reloadKeys()
        _ = try await install.authority.rotateKeys(now: true, by: install.admin)
        #expect(!install.authority.keys.ring.records.contains { $0.kid == first.keyId })
        let before = try install.contents()
        let refusal = await refusal { try await install.authority.importKey(pem: pem, by: install.admin) }
        #expect(refusal?.code == .invalidRequest && refusal?.text("field") == "pem" && refusal?.message.contains("revoked") == true)
        #expect(try install.contents() == before)
        #expect(try install.store.read { try SignerRow.isRevoked(first.keyId, in: $0) })
    }

    @Test("does not take the id of the legacy key")
    func legacyId() async throws {
        let install = try Install.prepared()
        let pem = try Fixture.pem("rsa2048-pkcs8")
        let record = CutoverRecord(
            kid: try RSAPrivateKey(pem: pem).publicKey.thumbprint, issuer: "https://old.example", maxTTL: 3600, issuedUntil: at(0),
            sealedSecret: nil, importedAt: at(0), phase: .sunset, phaseSince: at(0), publicSince: at(0), verifiers: [])
        try await install.store.write { try $0.put(Tables.cutover, CutoverRecord.key, record) }
        try install.authority.reloadKeys()
        let before = try install.contents()
        let refusal = await refusal { try await install.authority.importKey(pem: pem, by: install.admin) }
        #expect(refusal?.code == .invalidRequest && refusal?.text("field") == "pem" && refusal?.message.contains("legacy") == true)
        #expect(try install.contents() == before)
    }

    @Test("needs a clock that can be trusted, and a master key")
    func needs() async throws {
        let install = try Install.prepared()
        let pem = try Fixture.pem("rsa2048-pkcs8")
        install.clock.step(seconds: -day)
        #expect(await refusal { try await install.authority.importKey(pem: pem, by: install.admin) }?.code == .clockUnreliable)
        install.clock.step(seconds: day)
        let sealed = try await install.withoutMasterKey()
        #expect(await refusal { try await sealed.authority.importKey(pem: pem, by: sealed.admin) }?.code == .signingUnavailable)
    }

    @Test(
        "and a rotation by hand wait for the end of a cutover; an emergency does not, and starts its clock anew",
        arguments: [
            (CutoverRecord.Phase.legacy, true), (.published, true), (.cutover, true), (.sunset, false), (.purged, false),
        ])
    func cutover(_ phase: CutoverRecord.Phase, _ isHeld: Bool) async throws {
        let install = try Install.prepared()
        let record = CutoverRecord(
            kid: "production", issuer: "https://old.example", maxTTL: 3600, issuedUntil: at(0), sealedSecret: nil, importedAt: at(0),
            phase: phase, phaseSince: at(0), publicSince: at(0), verifiers: [])
        try await install.store.write { try $0.put(Tables.cutover, CutoverRecord.key, record) }
        try install.authority.reloadKeys()
        install.clock.advance(seconds: 100 * day)
        await install.authority.upkeep()
        let pem = try Fixture.pem("rsa2048-pkcs8")
        let imported = await refusal { try await install.authority.importKey(pem: pem, by: install.admin) }
        let rotated = await refusal { try await install.authority.rotateKeys(now: true, by: install.admin) }
        #expect(imported?.code == (isHeld ? .cutoverInProgress : nil))
        #expect(rotated?.code == (isHeld ? .cutoverInProgress : nil))
        let ring = install.authority.keys.ring
        // The rotation was due ten days ago; it is done only where nothing holds it, and there the one by hand came on top of it.
        #expect(ring.records.count == (isHeld ? 2 : 5))
        #expect((install.authority.keyRingReport().waitsFor?.reason == "cutover") == isHeld)
        install.clock.advance(seconds: 1)
        let done = try await install.authority.revokeKey(install.signer.kid, reason: "stolen", by: install.admin)
        #expect(done.revokedKeyIds.count == 1)
        let after = try install.store.read { try $0.get(Tables.cutover, CutoverRecord.key) }
        #expect(after?.publicSince == at(100 * day + 1))
    }
}
