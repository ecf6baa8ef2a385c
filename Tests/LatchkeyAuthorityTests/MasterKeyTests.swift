import FoundationEssentials
import Glibc
@testable import LatchkeyAuthority
import LatchkeyCrypto
import LatchkeyScopes
import LatchkeyStore
import LatchkeyVerifier
import Testing

@Suite("Without what opens its sealed keys, an install")
struct MasterKeyTests {
    /// What can be wrong after the first start.
    enum Trouble: CaseIterable, Sendable {
        case missing, wrong, groupReadable, worldReadable, directory, empty, tooLong
        case movedFromStandby, oneByteChanged, notBase64, gone, anotherInstall

        /// A trouble of the master key's file; the others are one of a record.
        var isOfTheFile: Bool {
            switch self {
            case .missing, .wrong, .groupReadable, .worldReadable, .directory, .empty, .tooLong: true
            case .movedFromStandby, .oneByteChanged, .notBase64, .gone, .anotherInstall: false
            }
        }

        func make(_ scratch: Scratch) throws {
            let path = scratch.masterKey
            func replace(_ bytes: [UInt8], mode: mode_t = 0o400) throws {
                unlink(path)
                try Data(bytes).write(to: URL(filePath: path))
                chmod(path, mode)
            }
            switch self {
            case .missing: unlink(path)
            case .wrong: try replace([UInt8](repeating: 7, count: 32))
            case .groupReadable: chmod(path, 0o440)
            case .worldReadable: chmod(path, 0o404)
            case .directory:
                unlink(path)
                mkdir(path, 0o700)
            case .empty: try replace([])
            case .tooLong: try replace([UInt8](repeating: 7, count: 33))
            default: break
            }
        }

        /// Run on a thread of the store's own.
        func make(_ transaction: borrowing WriteTransaction) throws {
            var records: [SigningKeyRecord] = []
            try transaction.scan(Tables.signingKeys, limit: .max) { _, record in
                records.append(record)
                return true
            }
            let standby = records.first { $0.state == .standby }!
            var active = records.first { $0.state == .active }!
            var sealed = Base64URL.decode(active.sealedPrivateKey!)!
            switch self {
            case .movedFromStandby: active.sealedPrivateKey = standby.sealedPrivateKey
            case .oneByteChanged:
                sealed[sealed.count / 2] ^= 1
                active.sealedPrivateKey = Base64URL.encode(sealed)
            case .notBase64: active.sealedPrivateKey = "not sealed!"
            case .gone: active.sealedPrivateKey = nil
            case .anotherInstall:
                var install = try transaction.get(Tables.install, InstallRecord.key)!
                install = InstallRecord(
                    id: "inst_00000000000000000000000000", createdAt: install.createdAt, firstOrganisation: install.firstOrganisation,
                    sealCheck: install.sealCheck, anchor: install.anchor)
                try transaction.put(Tables.install, InstallRecord.key, install)
            default: return
            }
            try transaction.put(Tables.signingKeys, active.kid, active)
        }
    }

    @Test("signs nothing, verifies everything, says why, and overwrites nothing", arguments: Trouble.allCases)
    func trouble(_ trouble: Trouble) async throws {
        let first = try Install()
        let identity = try await first.identity()
        let key = try await first.key(["*"])
        let pair = try await first.issue(identity)
        let document = first.authority.keys.document
        try await first.store.write { try trouble.make($0) }
        await first.authority.close()
        try trouble.make(first.scratch)
        let fileBefore = try? Data(contentsOf: URL(filePath: first.scratch.masterKey))

        let install = try Install(at: first.scratch, clock: first.clock)
        let before = try install.contents()
        #expect(install.authority.keys.document == document)
        #expect(try install.caller(pair).principal.identityId == identity.id)
        #expect(try install.isLive(pair))
        #expect(try install.caller(key).principal.scopes.texts == ["*:*:*:*"])

        #expect(await refusal { try await install.issue(identity) }?.code == .signingUnavailable)
        #expect(await refusal { try await install.refresh(pair) }?.code == .signingUnavailable)
        #expect(try install.contents() == before)
        #expect((try? Data(contentsOf: URL(filePath: first.scratch.masterKey))) == fileBefore)

        let signing = try #require(install.authority.services.first { $0.name == "signing" })
        #expect(signing.level == .degraded)
        #expect(signing.summary?.contains(first.scratch.path) == false)
        #expect(
            signing.detail?.contains(trouble.isOfTheFile ? first.scratch.masterKey : "signing key") == true || trouble == .anotherInstall)
        #expect(try install.authority.status().level == .degraded)
        #expect((install.authority.sealState == .open) == (!trouble.isOfTheFile && trouble != .anotherInstall))

        // What does not need a signature goes on, and the refresh token was not spent.
        _ = try await install.key(["relayauth:identity:read:*"])
        _ = try await install.authority.revoke(.token(pair.tokenId), by: install.admin)
        #expect(try !install.isLive(pair))
    }

    @Test("signs nothing with another key's private half, though it was sealed for this place")
    func anotherKey() async throws {
        let install = try Install()
        let seal = try Seal(masterKey: MasterKey.read(.file(install.scratch.masterKey)), installId: install.authority.install.id)
        let other = try RSAPrivateKey.generate(bits: 2048).pkcs8()
        try await install.store.write { transaction in
            var active = install.authority.keys.ring.active!
            active.sealedPrivateKey = try seal.seal(other, type: "signing-key", id: active.kid, version: SigningKeyRecord.version)
            try transaction.put(Tables.signingKeys, active.kid, active)
        }
        let again = try await install.restarted()
        #expect(again.authority.sealState == .open)
        let identity = try await again.identity()
        #expect(await refusal { try await again.issue(identity) }?.code == .signingUnavailable)
        #expect(try again.authority.status().level == .degraded)
    }

    @Test("still signs when only its standby does not open, and says so")
    func standby() async throws {
        let install = try Install()
        try await install.store.write { transaction in
            let active = try transaction.get(Tables.signingKeys, install.authority.keys.ring.active!.kid)!
            var standby = try transaction.get(Tables.signingKeys, install.authority.keys.ring.standby!.kid)!
            standby.sealedPrivateKey = active.sealedPrivateKey
            try transaction.put(Tables.signingKeys, standby.kid, standby)
        }
        let again = try await install.restarted()
        let pair = try await again.issue(again.identity())
        #expect(try again.isLive(pair))
        let signing = try #require(again.authority.services.first { $0.name == "signing" })
        #expect(signing.level == .degraded)
        #expect(signing.detail?.contains(again.authority.keys.ring.standby!.kid) == true)
    }

    @Test("signs again once the right key is back, with the same keys as before")
    func recovery() async throws {
        let first = try Install()
        let identity = try await first.identity()
        let pair = try await first.issue(identity)
        let key = try Data(contentsOf: URL(filePath: first.scratch.masterKey))
        await first.authority.close()
        unlink(first.scratch.masterKey)
        let closed = try Install(at: first.scratch, clock: first.clock)
        #expect(await refusal { try await closed.refresh(pair) }?.code == .signingUnavailable)
        await closed.authority.close()
        try key.write(to: URL(filePath: first.scratch.masterKey))
        chmod(first.scratch.masterKey, 0o400)
        let install = try Install(at: first.scratch, clock: first.clock)
        #expect(install.authority.sealState == .open)
        let renewed = try await install.refresh(pair)
        #expect(try install.isLive(renewed))
        #expect(install.authority.keys.document == first.authority.keys.document)
    }
}

@Suite("The master key's file")
struct MasterKeyFileTests {
    private let scratch = Scratch()
    private let key = (0..<32).map { UInt8(($0 * 37 + 11) & 0xFF) }

    private func write(_ bytes: [UInt8], mode: mode_t = 0o400) throws {
        unlink(scratch.masterKey)
        try Data(bytes).write(to: URL(filePath: scratch.masterKey))
        chmod(scratch.masterKey, mode)
    }

    @Test("is read as raw bytes, base64 and base64url, with white space round the text")
    func forms() throws {
        let base64 = Data(key).base64EncodedString()
        let texts = [base64, Base64URL.encode(key), base64 + "\n", "  \(Base64URL.encode(key))\r\n", String(base64.dropLast())]
        for bytes in [key] + texts.map({ Array($0.utf8) }) {
            try write(bytes)
            #expect(try MasterKey.read(.file(scratch.masterKey)).bytes == key)
        }
    }

    @Test("is refused when it holds anything else", arguments: [0, 1, 31, 33, 64, 128, 4096])
    func content(_ count: Int) throws {
        try write([UInt8](repeating: 0, count: count))
        #expect(throws: MasterKey.Problem.self) { try MasterKey.read(.file(scratch.masterKey)) }
        try write(Array(Base64URL.encode([UInt8](repeating: 5, count: count)).utf8))
        #expect(throws: MasterKey.Problem.self) { try MasterKey.read(.file(scratch.masterKey)) }
    }

    @Test(
        "is refused when others than its owner can do anything with it",
        arguments: [0o440, 0o404, 0o420, 0o402, 0o410, 0o401, 0o644] as [mode_t])
    func modes(_ mode: mode_t) throws {
        try write(key, mode: mode)
        let problem = #expect(throws: MasterKey.Problem.self) { try MasterKey.read(.file(scratch.masterKey)) }
        #expect(problem != .missing)
    }

    @Test("is missing only when it is not there")
    func missing() throws {
        #expect(throws: MasterKey.Problem.missing) { try MasterKey.read(.file(scratch.masterKey)) }
        mkdir(scratch.masterKey, 0o700)
        let problem = #expect(throws: MasterKey.Problem.self) { try MasterKey.read(.file(scratch.masterKey)) }
        #expect(problem != .missing)
    }

    @Test("is made once, and never over another file or through a link")
    func create() throws {
        let made = try MasterKey.create(at: scratch.masterKey)
        #expect(try MasterKey.read(.file(scratch.masterKey)).equals(made))
        #expect(throws: MasterKey.Problem.self) { try MasterKey.create(at: scratch.masterKey) }
        #expect(try MasterKey.read(.file(scratch.masterKey)).equals(made))
        let link = "\(scratch.path)/link"
        symlink("\(scratch.path)/target", link)
        #expect(throws: MasterKey.Problem.self) { try MasterKey.create(at: link) }
        #expect(access("\(scratch.path)/target", F_OK) != 0)
    }
}

@Suite("The seal")
struct SealTests {
    private let master = Secret(copying: [UInt8](repeating: 3, count: 32))
    private let content = Secret(copying: Array("private half".utf8))

    @Test("opens in the place that it was made for, and nowhere else")
    func place() throws {
        let seal = try Seal(masterKey: master, installId: "inst_1")
        let sealed = try seal.seal(content, type: "signing-key", id: "k1", version: 1)
        #expect(try seal.open(sealed, type: "signing-key", id: "k1", version: 1).equals(content))
        #expect(throws: (any Error).self) { try seal.open(sealed, type: "anchor", id: "k1", version: 1) }
        #expect(throws: (any Error).self) { try seal.open(sealed, type: "signing-key", id: "k2", version: 1) }
        #expect(throws: (any Error).self) { try seal.open(sealed, type: "signing-key", id: "k1", version: 2) }
        #expect(throws: (any Error).self) {
            try Seal(masterKey: master, installId: "inst_2").open(sealed, type: "signing-key", id: "k1", version: 1)
        }
        let other = Secret(copying: [UInt8](repeating: 4, count: 32))
        #expect(throws: (any Error).self) {
            try Seal(masterKey: other, installId: "inst_1").open(sealed, type: "signing-key", id: "k1", version: 1)
        }
    }

    @Test("does not confuse places whose parts run together")
    func parts() throws {
        let seal = try Seal(masterKey: master, installId: "inst_1")
        let sealed = try seal.seal(content, type: "anchor", id: "1", version: 11)
        #expect(throws: (any Error).self) { try seal.open(sealed, type: "anchor", id: "11", version: 1) }
        #expect(throws: (any Error).self) { try seal.open(sealed, type: "anchor1", id: "", version: 11) }
    }

    @Test("does not open when any byte was changed, cut or added")
    func bytes() throws {
        let seal = try Seal(masterKey: master, installId: "inst_1")
        let sealed = try #require(Base64URL.decode(try seal.seal(content, type: "anchor", id: "a", version: 1)))
        for index in sealed.indices {
            var changed = sealed
            changed[index] ^= 0x80
            #expect(throws: (any Error).self) { try seal.open(Base64URL.encode(changed), type: "anchor", id: "a", version: 1) }
        }
        for other in [Array(sealed.dropLast()), sealed + [0], []] {
            #expect(throws: (any Error).self) { try seal.open(Base64URL.encode(other), type: "anchor", id: "a", version: 1) }
        }
    }

    @Test("never gives the same bytes twice, and shows neither content nor master key")
    func fresh() throws {
        let seal = try Seal(masterKey: master, installId: "inst_1")
        let first = try seal.seal(content, type: "anchor", id: "a", version: 1)
        #expect(try seal.seal(content, type: "anchor", id: "a", version: 1) != first)
        #expect(try !contains(#require(Base64URL.decode(first)), content.bytes))
        #expect(seal.check != Base64URL.encode(master))
        #expect(try Seal(masterKey: master, installId: "inst_1").check == seal.check)
        #expect(try Seal(masterKey: master, installId: "inst_2").check != seal.check)
    }
}
