import FoundationEssentials
@testable import LatchkeyAuthority
import LatchkeyStore
@testable import LatchkeyVerifier
import Testing

@Suite("A restore goes on where trust was:")
struct RestoreTrustTests {
    @Test("the next bundle follows the last one that was given out, also after the backup")
    func sequence() async throws {
        let install = try Install.prepared()
        let anchor = try install.anchor
        _ = try await install.bundle()
        let backup = try await install.backup()
        _ = try await install.bundle()
        let last = try await install.bundle()
        let state = try last.checked(by: anchor, at: at(0)).state
        let restored = try await Restored.of(install, backup)
        #expect(try restored.install.authority.liveBundles(10).map(\.sequence) == [3, 2, 1])
        let next = try await restored.install.bundle()
        #expect(next.sequence == 4 && next.contents.previous == last.hash)
        _ = try next.checked(by: anchor, state: state, at: at(0))
    }

    enum Damage: CaseIterable { case unread, unreadable, tooGreat }

    @Test("where nothing could be learned, numbers are passed over, so that none comes twice", arguments: Damage.allCases)
    func unknown(_ damage: Damage) async throws {
        let install = try Install.prepared()
        let anchor = try install.anchor
        let backup = try await install.backup()
        _ = try await install.bundle()
        let last = try await install.bundle()
        let state = try last.checked(by: anchor, at: at(0)).state
        let restored = try await Restored.of(install, backup, readsReplaced: damage != .unread) { old in
            guard damage != .unread else { return }
            try old.tamper { transaction in
                let raw = Table<[UInt8], BytesRow>(Tables.trustNumbers.name, slot: Tables.trustNumbers.slot)
                let number: [UInt8] = damage == .tooGreat ? UInt64.max.storeBytes : [1, 2, 3]
                try transaction.put(raw, Array(TrustNumber.bundle.rawValue.utf8), BytesRow(number))
                for sequence: UInt64 in [1, 2] { try transaction.delete(Tables.bundles, sequence) }
            }
        }
        let next = try await restored.install.bundle()
        #expect(next.sequence > Int64(RestoreMerge.gap) && next.contents.previous == nil)
        _ = try next.checked(by: anchor, state: state, at: at(0))
        let following = try await restored.install.bundle()
        #expect(following.sequence == next.sequence + 1 && following.contents.previous == next.hash)
    }

    @Test("where nothing could be learned, a new key waits for bundles that may have been made since", arguments: [true, false])
    func unknownBundles(_ hadBundles: Bool) async throws {
        let install = try Install.prepared()
        if hadBundles { _ = try await install.bundle(validFor: 60) }
        let backup = try await install.backup()
        let restored = try await Restored.of(install, backup, readsReplaced: false)
        let now = restored.install
        #expect(try now.signer.heldByBundlesUntil == (hadBundles ? at(30 * day) : nil))
        now.clock.advance(seconds: day)
        _ = try await now.authority.rotateKeys(now: true, by: now.admin)
        #expect(try now.standby.bundlesLackItUntil == (hadBundles ? at(30 * day) : nil))
    }

    @Test("a bundle whose number alone is known is not followed directly: nobody takes that for a fork")
    func lostRow() async throws {
        let install = try Install.prepared()
        let backup = try await install.backup()
        let last = try await install.bundle()
        let state = try last.checked(by: install.anchor, at: at(0)).state
        let restored = try await Restored.of(install, backup) { old in
            try old.tamper { try $0.delete(Tables.bundles, 1) }
        }
        let next = try await restored.install.bundle()
        #expect(next.sequence == 3 && next.contents.previous == nil)
        _ = try next.checked(by: restored.install.anchor, state: state, at: at(0))
    }

    @Test("revocations go on behind the last one that the replaced store shows, also where the number itself is lost")
    func lostNumber() async throws {
        let install = try Install.prepared()
        let identity = try await install.identity()
        let backup = try await install.backup()
        for _ in 0..<3 {
            let pair = try await install.issue(identity)
            try await install.authority.revoke(.token(pair.tokenId), by: install.admin)
        }
        let last = try #require(try install.revocations.keys.max())
        let restored = try await Restored.of(install, backup) { old in
            try old.tamper { try $0.delete(Tables.trustNumbers, TrustNumber.revocation.rawValue) }
        }
        let numbers = try restored.install.revocations.keys
        #expect(!numbers.isEmpty && numbers.allSatisfy { $0 > last })
    }

    @Test("an anchor that followed the backup's signs, and the private half of the older one is gone again")
    func anchor() async throws {
        let install = try Install.prepared()
        let old = try install.anchor
        let backup = try await install.backup()
        _ = try await install.authority.succeedAnchor(by: install.admin)
        let new = try install.anchor
        let state = try (try await install.bundle()).checked(by: old, at: at(0)).state
        let restored = try await Restored.of(install, backup)
        #expect(restored.report.hasNewerAnchor && restored.report.lostAnchor == nil)
        #expect(try restored.install.anchor == new)
        #expect(try restored.install.anchors.map { $0.sealedSeed == nil } == [true, false])
        let next = try await restored.install.bundle()
        _ = try next.checked(by: old, state: state, at: at(0))
    }

    @Test("an anchor that the backup's had followed does not come back with an older store that is replaced")
    func olderAnchor() async throws {
        let install = try Install.prepared()
        let early = try await install.backup()
        _ = try await install.authority.succeedAnchor(by: install.admin)
        let new = try install.anchor
        let late = try await install.backup()
        let mistake = try await Restored.of(install, early, readsReplaced: false)
        let right = try await Restored.of(mistake.install, late)
        #expect(!right.report.hasNewerAnchor && right.report.lostAnchor == nil)
        #expect(try right.install.anchor == new)
        #expect(try right.install.anchors.map { $0.sealedSeed == nil } == [true, false])
    }

    @Test("an anchor that can't be opened under the backup's master key is told of, and its number is not given again")
    func lostAnchor() async throws {
        let install = try Install.prepared()
        let old = try install.anchor
        let backup = try await install.backup()
        let key = try Data(contentsOf: URL(filePath: install.scratch.masterKey))
        _ = try await install.authority.rewrapSeal(keyFile: nil, givingUp: nil, by: install.admin)
        _ = try await install.authority.succeedAnchor(by: install.admin)
        let lost = try install.anchor
        let restored = try await Restored.of(install, backup)
        #expect(!restored.report.hasNewerAnchor && restored.report.lostAnchor == lost.fingerprint)
        let scratch = await restored.install.closed()
        try FileManager.default.removeItem(atPath: scratch.masterKey)
        #expect(FileManager.default.createFile(atPath: scratch.masterKey, contents: key, attributes: [.posixPermissions: 0o400]))
        let opened = try Install(at: scratch, clock: install.clock)
        #expect(try opened.anchor == old)
        let report = try await opened.authority.succeedAnchor(by: opened.admin)
        #expect(report.number == 2)
        let bundle = try await opened.bundle()
        _ = try bundle.checked(by: old, at: at(0))
    }

    @Test(
        "every token from before is dead offline, too: those of the backup, those after it, those of identities that are lost",
        arguments: [true, false])
    func tokens(_ readsReplaced: Bool) async throws {
        let install = try Install.prepared()
        let identity = try await install.identity()
        var pairs = [try await install.issue(identity)]
        let backup = try await install.backup()
        pairs.append(try await install.issue(identity))
        pairs.append(try await install.refresh(pairs[0]))
        pairs.append(try await install.issue(install.identity("lost")))
        let restored = try await Restored.of(install, backup, readsReplaced: readsReplaced)
        let now = restored.install
        let fresh = try await now.issue(identity)
        let verifier = try await now.offline()
        for pair in pairs {
            #expect(try !now.isLive(pair))
            #expect(now.verdict(on: pair, by: verifier) == .revoked)
        }
        #expect(try now.isLive(fresh))
        #expect(now.verdict(on: fresh, by: verifier) == nil)
        // It is one line, however much was issued.
        let things = try await now.bundle().contents
        #expect(things.cutOffForAll != nil && things.cutOffs.count == 0 && things.revokedSessions.count == 0)
    }
}
