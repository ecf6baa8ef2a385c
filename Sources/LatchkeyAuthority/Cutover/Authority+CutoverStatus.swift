import LatchkeyCrypto
import LatchkeyStore
import LatchkeyVerifier

extension Authority {
    /// Presenters that are listed at most.
    private static let mostListed = 100

    /// Where the cutover stands, and what the next step waits for; `nil` when there never was one.
    package func cutoverStatus() throws -> CutoverStatus? {
        let probe = probeActiveKey()
        return try read { transaction in
            guard let record = try transaction.get(Tables.cutover, CutoverRecord.key) else { return nil }
            let facts = try cutoverFacts(record, probe, in: transaction)
            let next = CutoverDirection.forward.target(from: record.phase) ?? CutoverDirection.purge.target(from: record.phase)
            let schedule = KeySchedule(
                try Self.signingKeys(in: transaction), settings.timings, at: facts.now, isHeld: record.phase.holdsKeys)
            return CutoverStatus(
                record, latestLegacyExpiry: facts.latestLegacyExpiry, lastPresentedAt: facts.lastPresentedAt,
                presenters: Array(try Self.legacyUses(in: transaction).prefix(Self.mostListed)),
                rotationDueSince: schedule.waitsFor == .cutover ? schedule.rotationDueAt : nil,
                next: next.map { .init(to: $0, gates: CutoverMove(from: record.phase, to: $0).gates(facts)) })
        }
    }

    /// All that gates look at, as it is in this transaction.
    func cutoverFacts(
        _ record: CutoverRecord, _ probe: CutoverProbe, in transaction: borrowing some StoreReads & ~Copyable
    ) throws -> CutoverFacts {
        let written = try Self.legacyUses(in: transaction).first?.lastSeenAt
        let active = try Self.signingKeys(in: transaction).first { $0.state == .active }
        return CutoverFacts(
            record: record, active: active, probe: probe,
            latestLegacyExpiry: try transaction.get(Tables.clock, ClockRow.legacyExpiry)?.moment,
            lastPresentedAt: [written, legacyUses.last].compactMap(\.self).max(), activeKnownBy: active?.isKnown(settings.timings),
            copiesUntil: try transaction.get(Tables.clock, ClockRow.copies)?.moment, jwksMaxAge: settings.jwksMaxAge,
            soak: settings.cutoverSoak, hold: settings.cutoverHold, now: clock.now())
    }

    /// Lets the RSA key that signs, or will, sign something that is no token, and holds it against the JWKS as it is served.
    func probeActiveKey() -> CutoverProbe {
        let snapshot = keys
        guard let active = snapshot.ring.active else { return CutoverProbe(kid: nil, problem: "there is no RSA key that could sign") }
        guard let seal = sealing.seal, let sealed = active.sealedPrivateKey, let key = try? active.privateKey(sealed: sealed, by: seal)
        else {
            return CutoverProbe(kid: active.kid, problem: "the private half of the RSA key \(active.kid) can't be opened; status says why")
        }
        do {
            let token = try Self.probe(key, kid: active.kid, at: clock.now())
            _ = try KeySet(jwks: snapshot.document).verifySignature(of: token)
            return CutoverProbe(kid: active.kid, problem: nil)
        } catch {
            return CutoverProbe(kid: active.kid, problem: "what the RSA key \(active.kid) signed was not verified by the JWKS: \(error)")
        }
    }

    private static func probe(_ key: RSAPrivateKey, kid: String, at now: Timestamp) throws -> String {
        var header = JSONWriter(capacity: 96)
        header.object { writer in
            writer.member("alg", "RS256")
            writer.member("typ", "JWT")
            writer.member("kid", kid)
        }
        var claims = Claims(
            subject: "probe", organisation: "", workspace: "", scopes: [], sponsorId: "", sponsorChain: [], issuer: "", audience: [],
            expiresAt: 0, issuedAt: now.seconds, tokenId: "", sessionId: "")
        claims.tokenType = "probe"
        let input = CompactJWS.signingInput(header: header.bytes, payload: claims.json())
        return CompactJWS.assemble(signingInput: input, signature: try key.sign(input))
    }
}
