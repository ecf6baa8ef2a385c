import FoundationEssentials
@testable import LatchkeyAuthority
import LatchkeyCrypto
import LatchkeyVerifier
import Testing

/// The authority that signed before there was this one: it knows a secret, and nothing of this install.
enum OldIssuer {
    static let kid = "production"
    static let issuer = "https://old.example"
    static let secret = "an old secret that many a service knows"
    /// Seconds.
    static let maxTTL: Int64 = 3600
    /// Seconds from the start of a test that it goes on.
    static let goesOn: Int64 = 1800

    static func hmac(_ input: [UInt8], _ secret: String = secret) -> String {
        CompactJWS.assemble(signingInput: input, signature: HMACSHA256.code(input, key: Secret(copying: Array(secret.utf8))))
    }
}

/// A token of the old issuer in the making. What is `nil` is not in it.
struct OldToken {
    var alg = "HS256"
    var kid: String? = OldIssuer.kid
    var secret = OldIssuer.secret
    var tokenType = "access"
    var issuer = OldIssuer.issuer
    var subject: String
    var organisation: String
    var audience = ["relayauth", "relayfile"]
    var scopes: [String]? = ["relayfile:fs:read:*", "relayauth:token:read:*", "relayauth:api-key:manage:*"]
    var issuedAt: Int64?
    var expiresAt: Int64
    var tokenId: String? = "tok_0a1b2c3d4e5f60718293a4b5c6d7e8f9"
    var sessionId: String?

    init(_ install: Install, subject: String = "agent_of_old") {
        self.subject = subject
        organisation = install.authority.firstOrganisation
        issuedAt = install.clock.now().seconds
        expiresAt = install.clock.now().seconds + OldIssuer.maxTTL
    }

    var input: [UInt8] {
        var header = JSONWriter()
        header.object { writer in
            writer.member("alg", alg)
            writer.member("typ", "JWT")
            writer.member("kid", ifPresent: kid)
        }
        var payload = JSONWriter()
        payload.object { writer in
            writer.member("sub", subject)
            writer.member("org", organisation)
            if let scopes { writer.member("scopes", scopes) }
            writer.member("token_type", tokenType)
            writer.member("iss", issuer)
            writer.member("aud", audience)
            writer.member("exp", expiresAt)
            if let issuedAt { writer.member("iat", issuedAt) }
            writer.member("jti", ifPresent: tokenId)
            writer.member("sid", ifPresent: sessionId)
        }
        return CompactJWS.signingInput(header: header.bytes, payload: payload.bytes)
    }

    var text: String { OldIssuer.hmac(input, secret) }

    /// With an RSA signature in place of the HMAC.
    func signed(by key: RSAPrivateKey) throws -> String { CompactJWS.assemble(signingInput: input, signature: try key.sign(input)) }

    /// A refresh token as relayauth made them: its scopes say only what it is for.
    static func refresh(_ install: Install, _ identity: IdentityRecord, _ change: (inout OldToken) -> Void = { _ in }) -> String {
        var token = OldToken(install, subject: identity.id)
        token.tokenType = "refresh"
        token.audience = ["relayauth"]
        token.scopes = ["relayauth:token:refresh"]
        token.expiresAt = install.clock.now().seconds + 86_400
        token.sessionId = "sess_00112233445566778899aabbccddeeff"
        change(&token)
        return token.text
    }
}

extension Install {
    func oldToken(_ subject: String = "agent_of_old", _ change: (inout OldToken) -> Void = { _ in }) -> String {
        var token = OldToken(self, subject: subject)
        change(&token)
        return token.text
    }

    /// What `authenticate` says to a token; `nil` when it takes it.
    func verdict(_ token: String, audiences: [String]? = ["relayauth"]) async -> AuthorityError.Code? {
        await refusal { try authority.authenticate(token: token, audiences: audiences, origin: RequestOrigin(address: "198.51.100.7")) }?
            .code
    }
}
