@testable import LatchkeyAuthority
import LatchkeyCrypto
import LatchkeyStore
import LatchkeyVerifier
import Synchronization
import Testing

@Suite("A kill while the key ring changes")
struct KeyRingKillTests {
    typealias Step = @Sendable (Install) async throws -> Void

    /// A change of several steps, on a ring of three keys.
    struct Change: Sendable, CustomTestStringConvertible {
        let testDescription: String
        var prepare: Step = { _ in }
        let run: Step

        init(_ name: String, _ run: @escaping Step) { (testDescription, self.run) = (name, run) }

        /// The key in grace has to go first, which is a change of its own.
        private static let byPlan: Change = {
            var change = Change("a rotation by plan") { install in
                install.clock.advance(seconds: 100 * day)
                try await install.tend()
            }
            change.prepare = { install in
                install.clock.advance(seconds: 4 * day)
                try await install.tend()
            }
            return change
        }()

        static let all = [
            byPlan,
            Change("a rotation by hand") { install in _ = try await install.authority.rotateKeys(now: true, by: install.admin) },
            Change("a retirement") { install in
                // Not by plan yet: the rotation is far away.
                install.clock.advance(seconds: 4 * day)
                try await install.tend()
            },
            Change("the revocation of the signer") { install in
                _ = try await install.authority.revokeKey(install.signer.kid, reason: "stolen", by: install.admin)
            },
            Change("the revocation of all") { install in
                _ = try await install.authority.revokeAllKeys(reason: "stolen", by: install.admin)
            },
            Change("an import") { install in
                _ = try await install.authority.importKey(pem: Fixture.pem("rsa2048-pkcs8"), by: install.admin)
            },
            Change("the acceptance of a clock") { install in
                install.clock.step(seconds: 400 * day)
                _ = try await install.authority.acceptClock(by: install.admin)
            },
            Change("a new master key") { install in
                _ = try await install.authority.rewrapSeal(keyFile: nil, givingUp: nil, by: install.admin)
            },
        ]
    }

    /// Copies a directory at each step of what happens to it.
    final class Camera: Sendable {
        private let state = Mutex((scratch: Scratch?.none, shots: [(step: String, scratch: Scratch)]()))

        var shots: [(step: String, scratch: Scratch)] { state.withLock { $0.shots } }

        func watch(_ scratch: Scratch) { state.withLock { $0.scratch = scratch } }

        func shoot(_ step: String) throws {
            try state.withLock { state in
                guard let scratch = state.scratch else { return }
                state.shots.append((step, try scratch.copied()))
            }
        }
    }

    /// What must not come apart: the keys, who signs, what sealed them, and what the log says of it.
    private func state(_ install: Install) throws -> [[[UInt8]: [UInt8]]] {
        let contents = try install.contents()
        return ["install", "anchors", "signing-keys", "signer", "audit", "audit-index"].compactMap { contents[$0] }
    }

    @Test("leaves it as it was before or as it is after, and either goes on", arguments: Change.all)
    func kill(_ change: Change) async throws {
        let camera = Camera()
        let install = try Install.prepared(seams: { seams in
            seams.beforeRecord = { try camera.shoot("before the entry \($0.rawValue)") }
            seams.afterStep = { step in
                do { try camera.shoot(step) } catch { Issue.record(error) }
            }
        })
        install.clock.advance(seconds: hour)
        _ = try await install.authority.rotateKeys(now: true, by: install.admin)
        let identity = try await install.identity()
        _ = try await install.issue(identity)
        try await change.prepare(install)
        let before = try state(install)
        camera.watch(install.scratch)
        try await change.run(install)
        try camera.shoot("done")
        let after = try state(install)
        #expect(before != after)
        let shots = camera.shots
        var seen: Set<Bool> = []
        for shot in shots {
            let killed = try Install(at: shot.scratch, clock: install.clock)
            let found = try state(killed)
            #expect(found == before || found == after, "\(shot.step): neither before nor after")
            seen.insert(found == after)
            #expect(killed.authority.sealState == .open, "\(shot.step)")
            if killed.authority.clockProblem != nil { _ = try await killed.authority.acceptClock(by: killed.admin) }
            try await killed.tend()
            let ring = killed.authority.keys.ring
            #expect(ring.records.count { $0.state == .active } == 1 && ring.records.count { $0.state == .standby } == 1, "\(shot.step)")
            let pair = try await killed.issue(identity)
            #expect(try killed.isLive(pair) && killed.served.contains(killed.keyId(pair)), "\(shot.step)")
        }
        // Shots were taken on either side of the commit.
        #expect(seen == [true, false])
    }
}
