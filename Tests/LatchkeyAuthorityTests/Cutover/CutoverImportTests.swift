import FoundationEssentials
import Glibc
@testable import LatchkeyAuthority
import LatchkeyCrypto
import LatchkeyStore
import LatchkeyVerifier
import Testing

@Suite("The import of a legacy secret")
struct CutoverImportTests {
    @Test("begins the cutover at `legacy` where no RSA key has signed: HS256 by the legacy key, with its issuer, from the next token on")
    func fresh() async throws {
        let install = try Install()
        let status = try #require(try await install.importSecret())
        #expect(
            status.phase == .legacy && status.since == install.clock.now() && status.signs == "HS256"
                && status.verifies == ["HS256", "RS256"])
        #expect(status.kid == OldIssuer.kid && status.issuer == OldIssuer.issuer && status.maxTTL == OldIssuer.maxTTL)
        #expect(status.issuedUntil == install.clock.now().adding(seconds: OldIssuer.goesOn))
        #expect(
            status.jwksPublicSince == nil && status.latestLegacyExpiry == nil && status.lastPresentedAt == nil && status.verifiers.isEmpty)
        let pair = try await install.issue(install.identity())
        let jws = try CompactJWS(parsing: pair.accessToken.text)
        #expect(jws.header.alg == "HS256" && jws.header.kid == OldIssuer.kid)
        #expect(OldIssuer.hmac(jws.signingInput) == pair.accessToken.text)
        #expect(try install.claims(pair).issuer == OldIssuer.issuer)
        #expect(try install.isLive(pair))
        #expect(try install.authority.cutoverStatus()?.latestLegacyExpiry == pair.accessTokenExpiresAt)
        _ = try await install.refresh(pair)
    }

    @Test("begins it at `cutover` where an RSA key has signed: RS256 goes on, HS256 is taken")
    func used() async throws {
        let install = try Install()
        let before = try await install.issue(install.identity())
        #expect(try await install.importSecret()?.phase == .cutover)
        let after = try await install.issue(install.identity("second"))
        #expect(try CompactJWS(parsing: after.accessToken.text).header.alg == "RS256")
        #expect(try install.isLive(before) && install.isLive(after))
        #expect(await install.verdict(install.oldToken()) == nil)
    }

    @Test("shows the RSA keys in the JWKS and takes their tokens all along, and never shows the secret")
    func jwks() async throws {
        let install = try Install { $0.showsLegacyJWK = true }
        let before = install.authority.keys.keySet.keyIds
        try await install.importSecret()
        #expect(install.authority.keys.keySet.keyIds == before)
        let document = String(decoding: install.authority.keys.document, as: UTF8.self)
        #expect(document.contains(#"{"kty":"oct","alg":"HS256","use":"sig","kid":"production"}"#))
        #expect(!document.contains("\"k\""))
    }

    @Test("happens once in the life of an install, whatever came of it")
    func once() async throws {
        let install = try Install()
        for phase in CutoverRecord.Phase.allCases {
            try await install.reach(phase)
            let before = try install.contents()
            for replaces in [false, true] where !(replaces && phase == .legacy) {
                let code = await refusal {
                    try await install.importSecret { request in
                        request.kid = "another"
                        request.replaces = replaces
                    }
                }?.code
                #expect(code == .cutoverInProgress)
            }
            #expect(try install.contents() == before)
        }
    }

    @Test("is made good by another one until the first step is taken, and only on the operator's word")
    func replaced() async throws {
        let install = try Install()
        try await install.importSecret { request in
            request.kid = "mistaken"
            request.secret = Secret(copying: Array("the wrong file was read".utf8))
        }
        try await install.list("billing", "RS256")
        let dead = try await install.issue(install.identity())
        #expect(await refusal { try await install.advance(fetch: { throw Unreachable() }) }?.code == .cutoverGateRefused)
        let before = try install.contents()
        let error = await refusal { try await install.importSecret() }
        #expect(error?.code == .cutoverInProgress && error?.message.contains("--replace") == true)
        #expect(try install.contents() == before)
        install.clock.advance(seconds: 60)
        let status = try #require(try await install.importSecret { $0.replaces = true })
        #expect(status.phase == .legacy && status.kid == OldIssuer.kid && status.since == install.clock.now())
        #expect(status.verifiers.map(\.name) == ["billing"])
        #expect(try !install.isLive(dead))
        #expect(await install.verdict(install.oldToken()) == nil)
        #expect(try await CompactJWS(parsing: install.refresh(dead).accessToken.text).header.kid == OldIssuer.kid)
        #expect(try install.audit(.cutoverSecretImported).map { $0.metadata["replacedKid"] } == [nil, "mistaken"])
        #expect(install.authority.keys.legacyKey?.kid == OldIssuer.kid)
        try await install.advance()
        let late = await refusal { try await install.importSecret { $0.replaces = true } }
        #expect(late?.code == .cutoverInProgress)
        try await install.rollBack()
        #expect(await refusal { try await install.importSecret { $0.replaces = true } }?.code == .cutoverInProgress)
        #expect(try install.phase == .legacy)
    }

    @Test("begins with a request that would replace one, where there is none")
    func replacingNothing() async throws {
        let install = try Install()
        #expect(try await install.importSecret { $0.replaces = true }?.phase == .legacy)
    }

    @Test(
        "refuses a secret that is none",
        arguments: [
            "", "fifteen bytes..", String(repeating: "a", count: 1025), "-----BEGIN PUBLIC KEY-----\nMIIB",
            "-----BEGIN RSA PRIVATE KEY-----",
        ])
    func secret(_ secret: String) async throws {
        let install = try Install()
        let error = await refusal { try await install.importSecret { $0.secret = Secret(copying: Array(secret.utf8)) } }
        #expect(error?.code == .invalidRequest && error?.text("field") == "secret")
        #expect(secret.isEmpty || error?.message.contains(secret) == false)
        #expect(try install.cutover() == nil)
    }

    @Test("refuses names, lives and ends that can't be")
    func fields() async throws {
        let install = try Install()
        let month: Int64 = 30 * 86_400
        let now = install.clock.now()
        func field(_ change: (inout LegacySecretRequest) -> Void) async -> String? {
            await refusal { try await install.importSecret(change) }?.text("field")
        }
        for kid in ["", "a b", "ü", String(repeating: "k", count: 129)] { #expect(await field { $0.kid = kid } == "kid") }
        for issuer in ["", "a b", String(repeating: "i", count: 257)] { #expect(await field { $0.issuer = issuer } == "issuer") }
        for life in [0, -1, month + 1, .max, .min] { #expect(await field { $0.maxTTL = life } == "maxTTL") }
        for end in [now.adding(seconds: month + 1), Timestamp(milliseconds: .max), Timestamp(milliseconds: -1)] {
            #expect(await field { $0.issuedUntil = end } == "issuedUntil")
        }
        for record in install.authority.keys.ring.records { #expect(await field { $0.kid = record.kid } == "kid") }
        #expect(try install.cutover() == nil)
        #expect(
            try await install.importSecret {
                $0.maxTTL = month; $0.issuedUntil = now.adding(seconds: month)
            } != nil)
    }

    @Test("is refused while the clock can't be trusted, and without the seal")
    func unable() async throws {
        let install = try Install()
        install.clock.step(seconds: 3600)
        #expect(await refusal { try await install.importSecret() }?.code == .clockUnreliable)
        install.clock.step(seconds: -3600)
        await install.authority.close()
        unlink(install.scratch.masterKey)
        let closed = try Install(at: install.scratch, clock: install.clock)
        #expect(await refusal { try await closed.importSecret() }?.code == .signingUnavailable)
        #expect(try closed.cutover() == nil)
    }

    @Test("holds rotation and import of keys until sunset, and not emergencies")
    func holds() async throws {
        let install = try Install()
        for phase in CutoverRecord.Phase.allCases {
            try await install.reach(phase)
            let rotation = await refusal { try await install.authority.rotateKeys(now: true, by: install.admin) }?.code
            #expect(rotation == (phase.holdsKeys ? .cutoverInProgress : nil))
            if phase == .legacy {
                let kid = try #require(install.authority.keys.ring.standby?.kid)
                #expect(try await install.authority.revokeKey(kid, reason: "stolen", by: install.admin).revokedKeyIds == [kid])
            }
        }
    }

    @Test("is told since when a rotation waits for it")
    func rotationDue() async throws {
        let install = try Install()
        try await install.importSecret { $0.issuedUntil = install.clock.now() }
        #expect(try install.authority.cutoverStatus()?.rotationDueSince == nil)
        let due = install.clock.now().adding(seconds: install.authority.settings.rotationPeriod)
        install.clock.advance(seconds: install.authority.settings.rotationPeriod + 86_400)
        await install.authority.tendKeys()
        #expect(try install.authority.cutoverStatus()?.rotationDueSince == due)
        #expect(install.authority.keyRingReport().waitsFor?.reason == "cutover")
    }

    @Test("leaves no trace of the secret in any row or entry, and an entry with the operator's name")
    func silence() async throws {
        let install = try Install()
        try await install.importSecret()
        let secret = Array(OldIssuer.secret.utf8)
        let hex = Hexadecimal.text(secret)
        let forms = [secret, Array(hex.utf8), Array(Base64URL.encode(secret).utf8), Array(Data(secret).base64EncodedString().utf8)]
        for (_, rows) in try install.contents() {
            for (key, row) in rows {
                for form in forms { #expect(!contains(row, form) && !contains(key, form)) }
            }
        }
        let entry = try #require(try install.audit(.cutoverSecretImported).first)
        #expect(entry.actor == "admin-socket:uid=0" && entry.resource == "cutover")
        #expect(entry.metadata["kid"] == OldIssuer.kid && entry.metadata["phase"] == "legacy")
    }
}
