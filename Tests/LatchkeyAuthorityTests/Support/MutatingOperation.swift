@testable import LatchkeyAuthority
import LatchkeyScopes
import LatchkeyStore
import LatchkeyVerifier
import Testing

/// An operation that changes something, and the entries of the log that it writes, in their order.
struct MutatingOperation: Sendable, CustomTestStringConvertible {
    let name: String
    let entries: [AuditRecord.Action]
    /// Makes what the operation needs, and returns the operation itself.
    let prepare: @Sendable (Install) async throws -> @Sendable () async throws -> Void

    var testDescription: String { name }

    init(
        _ name: String, _ entries: [AuditRecord.Action],
        _ prepare: @escaping @Sendable (Install) async throws -> @Sendable () async throws -> Void
    ) {
        self.name = name
        self.entries = entries
        self.prepare = prepare
    }

    /// Every operation of the authority that changes what is kept and is audited.
    static let all: [MutatingOperation] = [
        MutatingOperation("create an organisation", [.organisationCreated]) { install in
            { _ = try await install.authority.createOrganisation(name: "o", by: install.admin) }
        },
        MutatingOperation("update an organisation", [.organisationUpdated]) { install in
            {
                var change = OrganisationChange()
                change.maxTokenTTL = 60
                _ = try await install.authority.updateOrganisation(change, by: install.admin)
            }
        },
        MutatingOperation("mint an API key", [.apiKeyCreated]) { install in
            let caller = try await install.caller(install.key(["*"]))
            return { _ = try await install.key(["*"], by: caller) }
        },
        MutatingOperation("revoke an API key", [.apiKeyRevoked]) { install in
            let key = try await install.key(["*"])
            return { _ = try await install.authority.revokeAPIKey(key.record.id, reason: nil, by: install.admin) }
        },
        MutatingOperation("rotate an API key", [.apiKeyRotated]) { install in
            let key = try await install.key(["*"], expiresIn: 30 * 86_400)
            let caller = try await install.caller(install.key(["*"]))
            return { _ = try await install.rotate(key, by: caller) }
        },
        MutatingOperation("rotate an API key with an overlap", [.apiKeyRotated]) { install in
            let key = try await install.key(["*"], expiresIn: 30 * 86_400)
            return { _ = try await install.rotate(key, overlap: 3600) }
        },
        MutatingOperation("revoke an API key and all that came from it", [.apiKeyRevoked, .tokenRevoked, .identityRetired, .apiKeyRevoked])
        { install in
            let key = try await install.key(["*"])
            let caller = try install.caller(key)
            _ = try await install.key(["*"], by: caller)
            _ = try await install.issue(install.identity("made", by: caller), by: caller)
            return { _ = try await install.revokeAll(from: key) }
        },
        MutatingOperation("mint a self-service key", [.apiKeyCreated]) { install in
            let caller = try await install.caller(install.issue(install.identity()))
            return { _ = try await install.selfService(by: caller) }
        },
        MutatingOperation("retire an identity with a self-service key", [.apiKeyRevoked, .identityRetired]) { install in
            let identity = try await install.identity()
            _ = try await install.selfService(by: install.caller(install.issue(identity)))
            return { try await Fate.retire.meet(identity.id, in: install) }
        },
        MutatingOperation("mint an organisation token", [.apiKeyCreated]) { install in
            let caller = try await install.caller(install.key(["*"]))
            return { _ = try await install.organisationToken(by: caller) }
        },
        MutatingOperation("revoke an organisation token", [.apiKeyRevoked]) { install in
            let token = try await install.organisationToken()
            return { try await install.authority.revokeOrganisationToken(token.record.id, by: install.admin) }
        },
        MutatingOperation("create an identity", [.identityCreated]) { install in { _ = try await install.identity() } },
        MutatingOperation("create an identity under a bearer's", [.identityCreated]) { install in
            let caller = try await install.caller(install.issue(install.identity("parent", Family.scopes)))
            return { _ = try await install.identity("child", Family.scopes, by: caller) }
        },
        MutatingOperation("create a sub-agent", [.identityCreated, .tokenIssued]) { install in
            let parent = try await install.identity("parent", Family.scopes)
            let caller = try await install.caller(install.key(["*"]))
            return { _ = try await install.subAgent("child", of: parent, by: caller) }
        },
        MutatingOperation("update an identity", [.identityUpdated]) { install in
            let identity = try await install.identity()
            return {
                var change = IdentityChange()
                change.name = "renamed"
                change.type = "human"
                change.scopes = []
                _ = try await install.authority.updateIdentity(identity.id, change, by: install.admin)
            }
        },
        MutatingOperation("suspend a family", [.identitySuspended, .identitySuspended, .identitySuspended]) { install in
            let family = try await install.family()
            return { try await Fate.suspend.meet(family.a.id, in: install) }
        },
        MutatingOperation("reactivate an identity", [.identityReactivated]) { install in
            let family = try await install.family()
            try await install.suspend(family.a)
            return { try await install.reactivate(family.a) }
        },
        MutatingOperation("retire a family", [.identityRetired, .identityRetired, .identityRetired]) { install in
            let family = try await install.family()
            return { try await Fate.retire.meet(family.a.id, in: install) }
        },
        MutatingOperation("delete a family", [.identityDeleted, .identityDeleted, .identityDeleted]) { install in
            let family = try await install.family()
            return { try await Fate.delete.meet(family.a.id, in: install) }
        },
        MutatingOperation("issue a token", [.tokenIssued]) { install in
            let identity = try await install.identity()
            return { _ = try await install.issue(identity) }
        },
        MutatingOperation("refresh a token", [.tokenRefreshed]) { install in
            let pair = try await install.issue(install.identity())
            return { _ = try await install.refresh(pair) }
        },
        MutatingOperation("punish the reuse of a refresh token", [.tokenReuseDetected]) { install in
            let pair = try await install.issue(install.identity())
            _ = try await install.refresh(pair)
            install.clock.advance(seconds: 60)
            return {
                do { _ = try await install.refresh(pair) } catch let error as AuthorityError where error.code == .invalidRefreshToken {}
            }
        },
        MutatingOperation("revoke a token", [.tokenRevoked]) { install in
            let pair = try await install.issue(install.identity())
            return { try await install.authority.revoke(.token(pair.tokenId), by: install.admin) }
        },
        MutatingOperation("revoke a session", [.tokenRevoked]) { install in
            let pair = try await install.issue(install.identity())
            return { try await install.authority.revoke(.session(pair.sessionId), by: install.admin) }
        },
        MutatingOperation("revoke all of an identity", [.tokenRevoked]) { install in
            let identity = try await install.identity()
            return { try await install.authority.revoke(.identity(identity.id), by: install.admin) }
        },
        MutatingOperation("rotate the signing keys by hand", [.keyRotated, .keyCreated]) { install in
            { _ = try await install.authority.rotateKeys(now: true, by: install.admin) }
        },
        MutatingOperation("rotate the signing keys by plan", [.keyRotated, .keyCreated]) { install in
            install.clock.advance(seconds: install.authority.settings.rotationPeriod)
            return { try await install.tended() }
        },
        MutatingOperation("retire a signing key", [.keyRetired]) { install in
            _ = try await install.authority.rotateKeys(now: true, by: install.admin)
            install.clock.advance(seconds: install.authority.settings.graceAfterUse)
            return { try await install.tended() }
        },
        MutatingOperation("revoke the key that signs", [.keyRevoked, .keyRotated, .keyCreated]) { install in
            let kid = try install.signer.kid
            return { _ = try await install.authority.revokeKey(kid, reason: "it was copied", by: install.admin) }
        },
        MutatingOperation("revoke the standby", [.keyRevoked, .keyCreated]) { install in
            let kid = try install.standby.kid
            return { _ = try await install.authority.revokeKey(kid, reason: "it was copied", by: install.admin) }
        },
        MutatingOperation("revoke all signing keys", [.keyRevoked, .keyRevoked, .keyRotated, .keyCreated]) { install in
            { _ = try await install.authority.revokeAllKeys(reason: "the disk was stolen", by: install.admin) }
        },
        MutatingOperation("import a signing key", [.keyRetired, .keyImported]) { install in
            { _ = try await install.authority.importKey(pem: Fixture.pem("rsa2048-pkcs8"), by: install.admin) }
        },
        MutatingOperation("put a new master key in place", [.sealRewrapped]) { install in
            { _ = try await install.authority.rewrapSeal(keyFile: nil, givingUp: nil, by: install.admin) }
        },
        MutatingOperation("let a trust anchor follow", [.anchorSucceeded]) { install in
            { _ = try await install.authority.succeedAnchor(by: install.admin) }
        },
        MutatingOperation("export a trust bundle", [.bundleExported]) { install in
            try await install.suspend(install.identity())
            return { _ = try await install.authority.exportBundle(validFor: nil, by: install.admin) }
        },
        MutatingOperation("remove what is too old from the log", [.auditRemoved]) { install in
            try await install.fillLog(3)
            install.clock.advance(seconds: 2 * 86_400)
            let organisation = install.authority.firstOrganisation
            return { _ = try await install.authority.removeOldAuditEntries(of: organisation, keeping: 1) }
        },
        MutatingOperation("begin a backup", [.backupCreated]) { install in
            { try await install.authority.backUp(BackupRequest(), by: install.admin).close() }
        },
        MutatingOperation("take another certificate", [.configurationChanged]) { install in
            { try await install.authority.noteChange(of: "tls-certificate", ["sha256": "00"]) }
        },
        MutatingOperation("accept the clock", [.clockAccepted]) { install in
            install.clock.step(seconds: 86_400)
            return { _ = try await install.authority.acceptClock(by: install.admin) }
        },
        MutatingOperation("import a legacy secret", [.cutoverSecretImported]) { install in { try await install.importSecret() } },
        MutatingOperation("list a verifier", [.cutoverVerifierChanged]) { install in
            try await install.importSecret()
            return { try await install.list("billing", "RS256") }
        },
        MutatingOperation("advance a cutover", [.cutoverAdvanced]) { install in
            try await install.reach(.published)
            return { try await install.advance { $0.override = "now" } }
        },
        MutatingOperation("roll a cutover back", [.cutoverRolledBack]) { install in
            try await install.reach(.cutover)
            return { try await install.rollBack() }
        },
        MutatingOperation("purge a cutover", [.cutoverPurged]) { install in
            try await install.reach(.sunset)
            return { try await install.purge { $0.override = "now" } }
        },
        MutatingOperation("exchange a legacy refresh token", [.tokenRefreshed]) { install in
            try await install.importSecret()
            let token = try await OldToken.refresh(install, install.identity())
            return { _ = try await install.authority.refresh(token, origin: RequestOrigin()) }
        },
    ]
}

extension Install {
    /// Does what is due with the signing keys. What stood in the way is told by the ring alone.
    fileprivate func tended() async throws {
        await authority.tendKeys()
        if authority.keyRingProblem != nil { throw AuditUnityTests.Fault() }
    }
}
