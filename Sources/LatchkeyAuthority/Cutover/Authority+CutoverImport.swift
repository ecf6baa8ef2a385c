import LatchkeyStore
import LatchkeyVerifier

extension Authority {
    /// Seconds that a legacy token from elsewhere may live, at most.
    private static let longestLegacyLife: Int64 = 30 * 86_400
    /// Seconds from now that the old issuer may go on, at most.
    private static let longestIssuing: Int64 = 30 * 86_400

    /// Brings the secret of the tokens that were signed before there were RSA keys. With it the cutover begins: where nothing was ever signed
    /// with an RSA key here, at `legacy`; else at `cutover`. It happens once in the life of an install, but for mistakes: until the first step is
    /// taken a request that says so puts another secret in the place of the one that is there, whose tokens are dead from then on.
    ///
    /// - Throws: `invalid_request` (kid, issuer, maxTTL, issuedUntil, secret), `cutover_in_progress`, `clock_unreliable`,
    ///   `signing_unavailable`, `storage_unavailable`.
    package func importLegacySecret(_ request: LegacySecretRequest, by caller: Caller) async throws -> CutoverStatus? {
        try Self.check(request)
        try requireBound(request.issuedUntil)
        try caller.requireOwn()
        let began = clock.now()
        try await write { [self] transaction in
            try Self.requireLive(caller.principal, at: began, in: transaction)
            let former = try transaction.get(Tables.cutover, CutoverRecord.key)
            if let former { try Self.requireReplaceable(former, request) }
            let keys = try Self.signingKeys(in: transaction)
            guard !keys.contains(where: { $0.kid == request.kid }) else {
                throw AuthorityError.invalid(
                    "kid", "a signing key of this install has this kid; a kid names one key, and with it one algorithm")
            }
            try requireClock()
            guard let seal = try currentSeal(in: transaction) else { throw SignerProblem.told }
            let now = clock.now()
            let hasSigned = try transaction.contains(Tables.signer, SignerRow.rsaUsed)
            let record = CutoverRecord(
                kid: request.kid, issuer: request.issuer, maxTTL: request.maxTTL, issuedUntil: request.issuedUntil,
                sealedSecret: try CutoverRecord.sealed(request.secret, kid: request.kid, by: seal), importedAt: now,
                phase: hasSigned ? .cutover : .legacy, phaseSince: now, publicSince: hasSigned ? now : nil,
                verifiers: former?.verifiers ?? [])
            try transaction.put(Tables.cutover, CutoverRecord.key, record)
            try putSigner(in: transaction)
            try self.record(Self.draft(of: record, replacing: former, by: caller), in: transaction)
        }
        seams.afterStep("cutover: imported")
        try reloadKeys()
        return try cutoverStatus()
    }

    private static func check(_ request: LegacySecretRequest) throws(AuthorityError) {
        if let problem = LegacyKey.problem(ofKeyId: request.kid) { throw .invalid("kid", problem) }
        if let problem = LegacyKey.problem(ofIssuer: request.issuer) { throw .invalid("issuer", problem) }
        guard (1...longestLegacyLife).contains(request.maxTTL) else {
            throw .invalid("maxTTL", "maxTTL must be 1 to \(longestLegacyLife) seconds (30 days)")
        }
        if let problem = LegacyKey.problem(of: request.secret) { throw .invalid("secret", problem) }
    }

    private func requireBound(_ issuedUntil: Timestamp) throws(AuthorityError) {
        let latest = clock.now().adding(seconds: Self.longestIssuing)
        guard (Timestamp(milliseconds: 0)...latest).contains(issuedUntil) else {
            throw .invalid(
                "issuedUntil", "issuedUntil must not be later than 30 days from now (\(latest)): the old issuer has to stop by then")
        }
    }

    private static func requireReplaceable(_ record: CutoverRecord, _ request: LegacySecretRequest) throws(AuthorityError) {
        guard record.steps ?? 0 == 0, record.phase != .purged else { throw AuthorityError.cutoverExists }
        guard request.replaces else { throw AuthorityError.cutoverBegun }
    }

    private static func draft(of record: CutoverRecord, replacing former: CutoverRecord?, by caller: Caller) -> AuditDraft {
        var draft = AuditDraft(.cutoverSecretImported, by: caller)
        draft.resource = "cutover"
        draft.metadata = [
            "kid": record.kid, "issuer": record.issuer, "maxTTL": String(record.maxTTL), "issuedUntil": record.issuedUntil.description,
            "phase": record.phase.rawValue,
        ]
        draft.metadata["replacedKid"] = former?.kid
        return draft
    }
}
