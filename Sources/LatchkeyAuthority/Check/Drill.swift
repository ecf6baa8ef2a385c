import FoundationEssentials
package import LatchkeyCrypto
import LatchkeyScopes
import LatchkeyStore
import LatchkeyVerifier

/// What a restore drill found: the store's rows, its keys, and whether it can do what it is for.
package struct DrillReport: Sendable, Codable {
    package internal(set) var check = CheckReport()
    /// Whose the store is, and the version of its form; none when the record of the install can't be read.
    package internal(set) var installId: String?
    package internal(set) var schemaVersion: Int?
    /// Private halves that were opened, signed with and verified.
    package internal(set) var signingKeys = 0
    package internal(set) var anchors = 0
    package internal(set) var hasLegacySecret = false
    /// Why not every sealed key opens; none when each does, or none was to be tried.
    package internal(set) var keyProblem: String?
    /// Whether keys were tried at all.
    package internal(set) var triesKeys = false
    /// Why no token could be minted and verified.
    package internal(set) var tokenProblem: String?
    /// `RS256` or `HS256`; none when no token was minted.
    package internal(set) var tokenAlgorithm: String?

    package init() {}

    package var isPassed: Bool { check.isSound && keyProblem == nil && tokenProblem == nil }
    /// Whether a daemon can do with the store what it is for, once a restore has put right what follows from other rows. What is wrong with the log
    /// is told, and is no reason to be without a service.
    package var isUsable: Bool { check.isMendable && keyProblem == nil && tokenProblem == nil }
}

/// A restore drill over a copy of a store that nobody else has and that is thrown away afterwards.
package enum Drill {
    /// - Parameters:
    ///   - directory: of the copy.
    ///   - masterKey: without it keys are not tried, and no token is minted.
    ///   - clock: what the time is; a store from the future is taken as right.
    /// - Throws: `StoreError` when the copy can't be opened or LMDB can't go on.
    package static func run(
        directory: String, masterKey: Secret?, program: String, clock: any HostClock = SystemClock()
    ) async throws -> DrillReport {
        var report = DrillReport()
        let schema = Tables.schema(writer: program)
        (report.check, report.installId, report.schemaVersion) = try Store.rehearse(directory: directory, schema: schema) {
            transaction, facts in
            let install = (try? transaction.get(Tables.install, InstallRecord.key)) ?? nil
            return (
                (try StoreChecker.check(facts, at: clock.now(), repairs: false, in: transaction), install?.id, facts.schemaVersion), .abort
            )
        }
        guard let masterKey else { return report }
        report.triesKeys = true
        try Store.rehearse(directory: directory, schema: schema) { transaction, _ in
            // As a restore does it: nothing could be minted otherwise.
            guard try !AuditLog.canGoOn(in: transaction) else { return ((), .abort) }
            try AuditLog.beginAnew(at: clock.now(), in: transaction)
            return ((), .commit)
        }
        // That there is little room where the copy lies is no fault of the backup.
        var options = Store.Options()
        options.headroomBytes = 0
        let store = try Store.open(directory: directory, schema: schema, options: options)
        defer { store.close() }
        guard let install = try? store.read({ try $0.get(Tables.install, InstallRecord.key) }),
            let seal = Authority.seal(of: install, masterKey)
        else {
            report.keyProblem = "the master key is not the one that this store is sealed under"
            report.tokenProblem = "no token was minted: the keys do not open"
            return report
        }
        do {
            try tryKeys(store, seal, &report)
        } catch {
            report.keyProblem = "the keys can't be read"
        }
        do {
            report.tokenAlgorithm = try await mint(store, install, seal, clock)
        } catch let error as AuthorityError where error.code == .storageUnavailable {
            // That says nothing of the backup.
            throw BackupError(
                .unavailable, "the drill can't write to its copy of the store: \(error.message); make room there, or name another TMPDIR")
        } catch let error as AuthorityError {
            report.tokenProblem = error.message
        } catch let error as BackupError {
            report.tokenProblem = error.message
        } catch {
            report.tokenProblem = "no token could be minted: \(error)"
        }
        return report
    }

    private static func tryKeys(_ store: Store, _ seal: Seal, _ report: inout DrillReport) throws {
        let challenge = try Random.bytes(32)
        var problems: [String] = []
        let (keys, anchors, cutover) = try store.read { transaction in
            (
                try Authority.signingKeys(in: transaction), try Authority.anchors(in: transaction),
                try transaction.get(Tables.cutover, CutoverRecord.key)
            )
        }
        for key in keys {
            guard let sealed = key.sealedPrivateKey else { continue }
            guard let modulus = Base64URL.decode(key.n), let exponent = Base64URL.decode(key.e),
                let publicKey = try? RSAPublicKey(modulus: modulus, exponent: exponent),
                let signature = try? key.privateKey(sealed: sealed, by: seal).sign(challenge), publicKey.verify(signature, of: challenge)
            else {
                problems.append("the signing key \(key.kid) does not open, or does not sign")
                continue
            }
            report.signingKeys += 1
        }
        // Those that another one followed have no private half any more.
        for anchor in anchors where anchor.sealedSeed != nil {
            guard let key = anchor.privateHalf(by: seal), let signature = try? key.sign(challenge),
                key.publicKey.verify(signature, of: challenge)
            else {
                problems.append("the trust anchor \(anchor.id) does not open, or does not sign")
                continue
            }
            report.anchors += 1
        }
        if report.anchors == 0, problems.isEmpty {
            problems.append("no trust anchor has its private half: nothing could be signed as this install")
        }
        if let cutover, let sealed = cutover.sealedSecret {
            report.hasLegacySecret = (try? cutover.openedSecret(sealed: sealed, by: seal)) != nil
            if !report.hasLegacySecret { problems.append("the legacy secret does not open") }
        }
        if !problems.isEmpty { report.keyProblem = problems.joined(separator: "; ") }
    }

    /// Mints a token as the daemon does, and verifies it as the daemon and as a verifier without a network do.
    private static func mint(_ store: Store, _ install: InstallRecord, _ seal: Seal, _ host: any HostClock) async throws -> String {
        let issuer = "https://restore-drill.invalid"
        var settings = AuthoritySettings(issuer: issuer, planes: .builtIn)
        settings.signingThreads = 1
        let (records, cutover, seen) = try store.read { transaction in
            (
                try Authority.signingKeys(in: transaction), try transaction.get(Tables.cutover, CutoverRecord.key),
                try transaction.get(Tables.clock, ClockRow.seen)?.moment
            )
        }
        let clock = SteadyClock(DrillClock(host: host, floor: seen), floor: Timestamp(milliseconds: 0))
        let sealing = Sealing(seal: seal, state: .open)
        let ring = KeyRing(records, settings.timings, cutover: cutover, at: clock.now())
        let authority = try Authority(
            settings: settings, install: install, sealing: sealing, masterKey: .provided(""), clock: clock, clockDebt: ClockDebt(),
            absence: nil,
            ids: IdentifierSource(clock: clock), store: store, snapshot: KeyRingSnapshot(ring, sealing, showsLegacy: false),
            seams: AuthoritySeams())
        defer { authority.signing.close() }
        let caller = Caller(try authority.administrator(uid: 0, organisation: nil), RequestOrigin())
        var request = IdentityRequest(name: "restore drill \(try authority.ids.make(.identity))", sponsorId: "restore drill")
        request.scopes = ["relayauth:identity:read:*"]
        let identity = try await authority.createIdentity(request, by: caller).record
        let pair = try await authority.issueToken(TokenRequest(identityId: identity.id), by: caller)
        let token = pair.accessToken.withBytes { bytes in String(decoding: bytes.indices.map { bytes[$0] }, as: UTF8.self) }
        guard try authority.authenticate(token: token).identityId == identity.id else {
            throw BackupError(.unsound, "the token that was minted is not its identity's")
        }
        guard try authority.keys.signer.get().isRSA else { return "HS256" }
        let verifier = TokenVerifier(
            keys: try KeySet(jwks: authority.keys.document), policy: TokenPolicy(issuer: issuer, audiences: ["relayauth"]))
        do {
            _ = try verifier.verify(token, at: clock.now())
        } catch {
            throw BackupError(.unsound, "the token that was minted is refused by a verifier: \(error.message)")
        }
        return "RS256"
    }
}

/// The host's time, or the latest that the store has seen: a drill on a host whose clock is wrong is about the store, not the clock.
private struct DrillClock: HostClock {
    let host: any HostClock
    let floor: Timestamp?

    func now() -> Timestamp { floor.map { max($0, host.now()) } ?? host.now() }
    func uptime() -> Int64 { host.uptime() }
}
