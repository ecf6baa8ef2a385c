import FoundationEssentials
@testable import LatchkeyAuthority
import LatchkeyCrypto
import LatchkeyVerifier

extension KeyRingModel {
    /// Something happens.
    func event() async throws {
        // A clock that is wrong does not stay so for ever.
        if wrongBy != 0, chance(30) { return try await mendClock() }
        switch Int.random(in: 0..<100, using: &dice) {
        case 0..<22: try await pass(milliseconds: Int64.random(in: 1...3 * hour * 1000, using: &dice))
        case 22..<42: try await pass(milliseconds: edges.randomElement(using: &dice) ?? 1)
        case 42..<54: try await pass(milliseconds: Int64.random(in: 1...min(60 * day, 2 * settings.rotationPeriod) * 1000, using: &dice))
        case 54..<60: try await rotate(isForced: false)
        case 60..<64: try await rotate(isForced: true)
        case 64..<68: try await revoke()
        case 68..<70: try await revokeAll()
        case 70..<72: try await importKey()
        case 72..<79: try await restart(settings)
        case 79..<86: try await restart(otherSettings())
        case 86..<90: try await powerOff()
        case 90..<95: try await setClock()
        default: try await failure()
        }
        try await look()
    }

    // MARK: The operator

    private func rotate(isForced: Bool) async throws {
        tell(isForced ? "rotate --now" : "rotate")
        do {
            let rotation = try await authority.rotateKeys(now: isForced, by: install.admin)
            try require(isReliable, "a rotation by a wrong clock")
            try require(isForced || rotation.notYetAcceptedBy.isEmpty, "a rotation without --now harms \(rotation.notYetAcceptedBy)")
            try note(rotation.notYetAcceptedBy, strangeTo: rotation.newKeyId, at: rotation.rotatedAt)
        } catch let error as AuthorityError where error.code == .standbyTooYoung {
            let ready = error.text("readyAt").flatMap { Timestamp(rfc3339: $0) }
            try require(ready.map { $0 > authority.clock.now() } == true, "refused until \(ready?.description ?? "never")")
        } catch let error as AuthorityError where error.code == .clockUnreliable {
            try require(!isReliable, "a rotation was refused by a clock that is right")
        }
    }

    private func revoke() async throws {
        guard let key = authority.keys.ring.records.suffix(6).randomElement(using: &dice) else { return }
        tell("revoke \(key.state) \(key.kid)")
        try note(try await authority.revokeKey(key.kid, reason: "stolen", by: install.admin))
    }

    private func revokeAll() async throws {
        tell("revoke all")
        try note(try await authority.revokeAllKeys(reason: "the disk was stolen", by: install.admin))
    }

    private func importKey() async throws {
        tell("import")
        let der = try keys.next().pkcs8().bytes
        let pem = "-----BEGIN PRIVATE KEY-----\n\(Data(der).base64EncodedString())\n-----END PRIVATE KEY-----\n"
        do {
            let done = try await authority.importKey(pem: Secret(copying: Array(pem.utf8)), by: install.admin)
            try require(done.keyId == authority.keys.ring.standby?.kid, "the imported key does not stand by")
        } catch let error as AuthorityError where error.code == .clockUnreliable {
            try require(!isReliable, "an import was refused by a clock that is right")
        }
    }

    // MARK: The host

    private func restart(_ settings: AuthoritySettings) async throws {
        guard wrongBy <= 0 else { return try await restartAhead(settings) }
        tell(
            "restart: rotation \(settings.rotationPeriod), standby \(settings.shortestStandby), grace \(settings.graceAfterUse), "
                + "max-age \(settings.jwksMaxAge), bundle \(settings.maxBundleLife), token \(settings.maxAccessTokenTTL)")
        await stop(isKill: chance(50))
        try await open(settings)
    }

    /// A start takes a clock that is ahead as right: it may have been off for long. By that clock whatever lived has ended, and nobody can
    /// promise anything to those for whom it has not; from there on all must hold again, also when the clock is set right.
    private func restartAhead(_ settings: AuthoritySettings) async throws {
        tell("restart with a clock that is \(wrongBy) s ahead")
        await stop(isKill: chance(50))
        try await open(settings)
        try require(isReliable, "a start did not take a clock that is ahead for an absence")
        aheadBy += wrongBy
        wrongBy = 0
        try forget()
    }

    private func powerOff() async throws {
        guard wrongBy <= 0 else { return }
        let days = chance(50) ? Int64.random(in: 1...20, using: &dice) : Int64.random(in: 1...3 * 365, using: &dice)
        tell("off for \(days) days")
        await stop(isKill: chance(50))
        clock.advance(seconds: days * day)
        try await open(settings)
        // It has been off for longer than the clock was set back by: nobody can tell any more.
        if isReliable { wrongBy = 0 }
    }

    private func setClock() async throws {
        guard wrongBy == 0 else { return }
        let size = [61, hour, day, 30 * day].randomElement(using: &dice)!
        wrongBy = chance(50) ? -size : chance(50) ? size : Int64.random(in: 61...5 * 365 * day, using: &dice)
        if aheadBy > 0, chance(70) { (wrongBy, aheadBy) = (-aheadBy, 0) }
        tell("the clock is set by \(wrongBy) s")
        clock.step(seconds: wrongBy)
        try require(!isReliable, "nobody has noticed that the clock was set by \(wrongBy) s")
        try await mint()
    }

    func mendClock() async throws {
        guard wrongBy != 0 else { return }
        if chance(50) {
            tell("the clock is set right again")
            clock.step(seconds: -wrongBy)
        } else {
            tell("the operator accepts the clock")
            _ = try await authority.acceptClock(by: install.admin)
        }
        wrongBy = 0
        try require(isReliable, "the clock is right and not trusted")
        try await look()
    }

    /// No key can be made for a while.
    private func failure() async throws {
        tell("no key can be made")
        keys.isFailing = true
        try await pass(milliseconds: Int64.random(in: 1...2 * day * 1000, using: &dice))
        keys.isFailing = false
        await authority.tendKeys()
        tell("keys can be made again")
    }

    private func otherSettings() -> AuthoritySettings {
        while true {
            var other = settings
            other.rotationPeriod = [day, 7 * day, 30 * day, 90 * day].randomElement(using: &dice)!
            other.shortestStandby = [300, hour, day].randomElement(using: &dice)!
            other.jwksMaxAge = [300, hour, day].randomElement(using: &dice)!
            other.maxAccessTokenTTL = [600, hour, day].randomElement(using: &dice)!
            other.accessTokenTTL = min(hour, other.maxAccessTokenTTL)
            other.graceAfterUse = [other.maxAccessTokenTTL + 60, 3 * day, 10 * day].randomElement(using: &dice)!
            other.maxBundleLife = [hour, day, 30 * day].randomElement(using: &dice)!
            if other.timings.problem == nil { return other }
        }
    }
}
