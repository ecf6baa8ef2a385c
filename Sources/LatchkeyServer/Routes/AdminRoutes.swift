import HTTPTypes
import LatchkeyAuthority
import LatchkeyVerifier

/// Contract §9.
enum AdminRoutes {
    static let all = [status]

    private static let status = Route.get(
        "/v1/admin/status", "getStatus", .operation, "What the operator asks first"
    )
    .socketOnly
    .answers(.ok, .status)
    .handle { call in
        try call.caller.requireOwn()
        let status = try call.authority.status()
        let sealed = try call.authority.sealedRecords()
        let ending = try EndingAPIKeys(call.authority)
        let trust = try TrustFacts(call.authority)
        let backup = try call.authority.lastBackup()
        return .json { $0.status(status, call, sealed: sealed, ending: ending, trust: trust, backup: backup) }
    }
}

extension JSONWriter {
    fileprivate mutating func status(
        _ status: AuthorityStatus, _ call: Call, sealed: Int, ending: EndingAPIKeys, trust: TrustFacts, backup: Timestamp?
    ) {
        let (about, seal, services) = (call.about, call.authority.sealState, call.services)
        let level = services.map(\.level).max() ?? .healthy
        object { writer in
            writer.member("status", level.rawValue)
            writer.member("version", about.version)
            writer.member("installId", status.install.id)
            writer.member("orgId", status.install.firstOrganisation)
            writer.member("issuer", status.issuer)
            writer.member("listen", ifPresent: about.listen)
            writer.member("adminSocket", ifPresent: about.adminSocket)
            writer.member("stateDir", about.stateDirectory)
            writer.member("time", status.now)
            writer.settingsSource(about)
            writer.store(call.authority.storeRoom)
            writer.member("lastBackupAt", ifPresent: backup)
            writer.key("services")
            writer.object { writer in
                for service in services {
                    writer.key(escaping: service.name)
                    writer.object { writer in
                        writer.member("status", service.level.rawValue)
                        writer.member("reason", ifPresent: service.summary)
                        writer.member("detail", ifPresent: service.detail)
                    }
                }
            }
            writer.key("seal")
            writer.object { writer in
                writer.member("open", seal == .open)
                writer.member("reason", ifPresent: seal.reason)
                writer.member("masterKey", about.masterKey)
                writer.member("sharesDiskWithStore", about.masterKeySharesDisk)
                writer.member("records", Int64(sealed))
            }
            writer.certificate(about.certificate)
            writer.key("clock")
            writer.object { writer in
                let problem = call.authority.clockProblem
                writer.member("reliable", problem == nil)
                writer.member("problem", ifPresent: problem?.sentence)
                writer.member("advice", ifPresent: problem.map { _ in ClockProblem.advice })
            }
            if let cutover = call.authority.keys.ring.cutover {
                writer.key("cutover")
                writer.object { writer in
                    writer.member("phase", cutover.phase.rawValue)
                    writer.member("since", cutover.phaseSince)
                }
            }
            writer.key("signingKeys")
            writer.array { writer in
                for key in status.keys {
                    writer.object { writer in
                        writer.member("keyId", key.kid)
                        writer.member("algorithm", "RS256")
                        writer.member("bits", Int64(key.bits))
                        writer.member("status", key.state.rawValue)
                        writer.member("createdAt", key.createdAt)
                    }
                }
            }
            writer.trustFacts(trust)
            writer.endingAPIKeys(ending)
            writer.key("counts")
            writer.object { writer in for (name, count) in status.counts { writer.member(name, Int64(count)) } }
        }
    }
}
