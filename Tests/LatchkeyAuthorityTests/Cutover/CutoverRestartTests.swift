import FoundationEssentials
import Glibc
@testable import LatchkeyAuthority
import LatchkeyCrypto
import LatchkeyStore
import LatchkeyVerifier
import Synchronization
import Testing

@Suite("A cutover after a stop or a kill")
struct CutoverRestartTests {
    @Test("stands where it stood, byte for byte, and signs and verifies as before", arguments: CutoverRecord.Phase.allCases)
    func restart(_ phase: CutoverRecord.Phase) async throws {
        let install = try Install()
        let identity = try await install.identity()
        try await install.reach(phase)
        _ = try await install.issue(identity)
        let record = try install.cutover()
        let row = try install.contents()["cutover"]
        let status = try install.authority.cutoverStatus()
        let again = try await install.restarted()
        #expect(try again.contents()["cutover"] == row)
        #expect(try again.cutover() == record)
        let after = try again.authority.cutoverStatus()
        #expect(after?.phase == status?.phase && after?.since == status?.since && after?.jwksPublicSince == status?.jwksPublicSince)
        #expect(after?.verifiers == status?.verifiers && after?.latestLegacyExpiry == status?.latestLegacyExpiry)
        let algorithm = try await CompactJWS(parsing: again.issue(identity).accessToken.text).header.alg
        #expect(algorithm == (phase.signsLegacy ? "HS256" : "RS256"))
        let old = again.oldToken { $0.expiresAt = again.clock.now().seconds + 1 }
        let isInTime = again.clock.now() < record!.elsewhereUntil
        #expect(await again.verdict(old) == (phase.verifiesLegacy && isInTime ? nil : .invalidToken))
        #expect(try await again.advance { $0.to = phase.rawValue }.done == false)
    }

    @Test("has either taken a step or not: what is on disk at each moment of it opens to one of its phases, with a signer that fits")
    func kill() async throws {
        let copies = Copies()
        var seams = AuthoritySeams()
        seams.afterStep = { copies.take($0) }
        let install = try Install(seams: seams)
        copies.watch(install)
        let identity = try await install.identity()
        try await install.importSecret()
        try await install.list("both", "RS256", "HS256")
        try await install.advance()
        install.clock.advance(seconds: 3900)
        try await install.advance()
        try await install.rollBack()
        install.clock.advance(seconds: 3900)
        try await install.advance()
        install.clock.advance(seconds: 86_400)
        try await install.advance()
        install.clock.advance(seconds: 604_800)
        try await install.purge()
        let taken = copies.all
        #expect(taken.map(\.name).filter { $0 == "cutover: published, not proven" }.count == 1)
        #expect(taken.filter { $0.name.hasPrefix("cutover: ") }.count == 9)
        for copy in taken where copy.name.hasPrefix("cutover: ") {
            let clock = ManualClock()
            clock.advance(milliseconds: install.clock.now().milliseconds - clock.now().milliseconds)
            let opened = try Install(at: copy.scratch, clock: clock)
            let phase = try #require(try opened.phase)
            let isUnproven = copy.name == "cutover: published, not proven" || (copy.name == "cutover: committed" && copy.isUnproven)
            #expect(phase == (isUnproven ? .legacy : copy.phase), "\(copy.name)")
            #expect(try opened.cutover()?.publicSince == nil || phase != .legacy)
            #expect((try opened.cutover()?.sealedSecret == nil) == (phase == .purged))
            let algorithm = try await CompactJWS(parsing: opened.issue(identity).accessToken.text).header.alg
            #expect(algorithm == (phase.signsLegacy ? "HS256" : "RS256"))
            if isUnproven { #expect(try opened.audit(.cutoverRolledBack).last?.actor == "system") }
        }
    }

    /// What was on disk at named moments.
    private final class Copies: Sendable {
        struct Copy: Sendable {
            let name: String
            let scratch: Scratch
            let phase: CutoverRecord.Phase?
            let isUnproven: Bool
        }

        private let state = Mutex<(install: Install?, copies: [Copy])>((nil, []))

        var all: [Copy] { state.withLock { $0.copies } }

        func watch(_ install: Install) { state.withLock { $0.install = install } }

        func take(_ name: String) {
            guard let install = state.withLock({ $0.install }) else { return }
            let scratch = Scratch()
            mkdir(scratch.store, 0o700)
            for file in ["master.key", "store/data.mdb", "store/latchkey.lock"] {
                let bytes = try! Data(contentsOf: URL(filePath: "\(install.scratch.path)/\(file)"))
                try! bytes.write(to: URL(filePath: "\(scratch.path)/\(file)"))
                chmod("\(scratch.path)/\(file)", file == "master.key" ? 0o400 : 0o600)
            }
            let record = try? install.cutover()
            state.withLock {
                $0.copies.append(
                    Copy(
                        name: name, scratch: scratch, phase: record?.phase,
                        isUnproven: record?.phase == .published && record?.publicSince == nil))
            }
        }
    }
}
