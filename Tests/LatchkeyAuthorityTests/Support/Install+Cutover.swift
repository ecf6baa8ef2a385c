@testable import LatchkeyAuthority
import LatchkeyCrypto
import LatchkeyStore
import LatchkeyVerifier

struct Unreachable: Error {}

extension Install {
    var legacySecret: LegacySecretRequest {
        LegacySecretRequest(
            kid: OldIssuer.kid, issuer: OldIssuer.issuer, maxTTL: OldIssuer.maxTTL,
            issuedUntil: clock.now().adding(seconds: OldIssuer.goesOn), secret: Secret(copying: Array(OldIssuer.secret.utf8)))
    }

    @discardableResult
    func importSecret(_ change: (inout LegacySecretRequest) -> Void = { _ in }) async throws -> CutoverStatus? {
        var request = legacySecret
        change(&request)
        return try await authority.importLegacySecret(request, by: admin)
    }

    func cutover() throws -> CutoverRecord? { try store.read { try $0.get(Tables.cutover, CutoverRecord.key) } }

    var phase: CutoverRecord.Phase? { get throws { try cutover()?.phase } }

    @discardableResult
    func advance(
        _ change: (inout CutoverStepRequest) -> Void = { _ in }, fetch: (@Sendable () async throws -> [UInt8])? = nil
    ) async throws -> CutoverStep {
        var request = CutoverStepRequest()
        change(&request)
        return try await authority.advanceCutover(request, by: admin, fetchJWKS: fetch ?? { [authority] in authority.keys.document })
    }

    @discardableResult
    func rollBack(_ change: (inout CutoverStepRequest) -> Void = { _ in }) async throws -> CutoverStep {
        var request = CutoverStepRequest()
        change(&request)
        return try await authority.rollBackCutover(request, by: admin)
    }

    @discardableResult
    func purge(_ change: (inout CutoverStepRequest) -> Void = { _ in }) async throws -> CutoverStep {
        var request = CutoverStepRequest()
        change(&request)
        return try await authority.purgeCutover(request, by: admin)
    }

    @discardableResult
    func list(_ name: String, _ accepts: String...) async throws -> [CutoverRecord.Verifier] {
        try await authority.setVerifier(VerifierRequest(name: name, accepts: accepts), by: admin)
    }

    /// Takes a fresh install to a phase as the rules ask for it: waits until each gate passes.
    func reach(_ phase: CutoverRecord.Phase) async throws {
        if try cutover() == nil {
            try await importSecret()
            try await list("both", "RS256", "HS256")
        }
        while let now = try self.phase, now != phase {
            switch now {
            case .legacy: break
            case .published: clock.advance(seconds: authority.settings.jwksMaxAge + CutoverGate.margin)
            case .cutover: clock.advance(seconds: max(authority.settings.cutoverSoak, OldIssuer.goesOn + OldIssuer.maxTTL + 60, 86_460))
            case .sunset: clock.advance(seconds: authority.settings.cutoverHold)
            case .purged: return
            }
            if now == .sunset { try await purge() } else { try await advance() }
        }
    }
}
