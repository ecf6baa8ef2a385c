import LatchkeyStore
import Synchronization
package import LatchkeyVerifier

/// How a part of the install is, and why when it isn't well.
package struct ServiceHealth: Sendable, Equatable {
    package enum Level: String, Sendable, Comparable {
        case healthy, degraded, unhealthy

        package static func < (a: Level, b: Level) -> Bool { a.rank < b.rank }

        private var rank: Int {
            switch self {
            case .healthy: 0
            case .degraded: 1
            case .unhealthy: 2
            }
        }
    }

    package let name: String
    package let level: Level
    /// For anybody: says what is wrong without a path.
    package let summary: String?
    /// For the operator: says what to do.
    package let detail: String?

    package init(name: String, level: Level, summary: String?, detail: String?) {
        self.name = name
        self.level = level
        self.summary = summary
        self.detail = detail
    }
}

/// What the operator asks first.
package struct AuthorityStatus: Sendable {
    package let install: InstallRecord
    package let issuer: String
    package let services: [ServiceHealth]
    package let keys: [SigningKeyRecord]
    package let counts: [(name: StaticString, count: Int)]
    package let now: Timestamp

    package var level: ServiceHealth.Level { services.map(\.level).max() ?? .healthy }
}

extension Authority {
    package var services: [ServiceHealth] {
        let snapshot = keys
        let signing =
            snapshot.signingProblem.map {
                ServiceHealth(name: "signing", level: .degraded, summary: "tokens are verified but none can be signed", detail: $0)
            } ?? snapshot.standbyProblem.map {
                ServiceHealth(name: "signing", level: .degraded, summary: "the standby signing key can't take over", detail: $0)
            } ?? ServiceHealth(name: "signing", level: .healthy, summary: nil, detail: nil)
        return [storeHealth, signing, keyRingHealth, clockHealth, sealHealth] + (logHealth.map { [$0] } ?? [])
    }

    private var keyRingHealth: ServiceHealth {
        guard let problem = keyRingProblem else { return ServiceHealth(name: "keyRing", level: .healthy, summary: nil, detail: nil) }
        return ServiceHealth(
            name: "keyRing", level: .degraded, summary: "the signing keys could not be rotated", detail: problem + "; it is tried again")
    }

    private var sealHealth: ServiceHealth {
        let sealing = sealing
        if let misplaced = sealing.misplaced {
            return ServiceHealth(name: "seal", level: .degraded, summary: "the master key is not in its place", detail: misplaced)
        }
        return ServiceHealth(name: "seal", level: .healthy, summary: nil, detail: nil)
    }

    /// Only when something is wrong with it.
    private var logHealth: ServiceHealth? {
        guard let problem = logProblem.withLock({ $0 }) else { return nil }
        return ServiceHealth(
            name: "auditLog", level: .degraded, summary: "the audit log is not what it was",
            detail: problem + "; look with latchkey audit verify, and keep a copy of the store as it is")
    }

    private var clockHealth: ServiceHealth {
        guard let problem = clock.problem else { return ServiceHealth(name: "clock", level: .healthy, summary: nil, detail: nil) }
        return ServiceHealth(
            name: "clock", level: .degraded, summary: "the clock can't be trusted: tokens are verified but nothing is minted",
            detail: "\(problem.sentence); \(ClockProblem.advice)")
    }

    private var storeHealth: ServiceHealth {
        guard (try? store.read { try $0.contains(Tables.install, InstallRecord.key) }) == true else {
            return ServiceHealth(
                name: "store", level: .unhealthy, summary: "the store can't be read",
                detail: "the store can't be read; see the log, and run the last backup's restore drill")
        }
        if let problem = store.health.problem {
            return ServiceHealth(name: "store", level: .degraded, summary: "the store can't be written", detail: problem)
        }
        return ServiceHealth(name: "store", level: .healthy, summary: nil, detail: nil)
    }

    package func status() throws -> AuthorityStatus {
        let counts = try read { transaction -> [(name: StaticString, count: Int)] in
            [
                ("organisations", try transaction.count(Tables.organisations)), ("apiKeys", try transaction.count(Tables.apiKeys)),
                ("identities", try transaction.count(Tables.identities)), ("sessions", try transaction.count(Tables.sessions)),
                ("tokens", try transaction.count(Tables.tokens)), ("auditEntries", try transaction.count(Tables.audit)),
            ]
        }
        return AuthorityStatus(
            install: install, issuer: settings.issuer, services: services, keys: keys.ring.inOrder, counts: counts, now: clock.now())
    }
}
