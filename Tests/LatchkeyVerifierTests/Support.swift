import FoundationEssentials
import LatchkeyCrypto
import LatchkeyVerifier

/// The data files of `fixtures`.
enum Fixture {
    private static let folder = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().appending(path: "fixtures")

    static func bytes(_ name: String) throws -> [UInt8] { try Array(Data(contentsOf: folder.appending(path: name))) }

    static func json<T: Decodable>(_ name: String, as type: T.Type = T.self) throws -> T {
        try JSONDecoder().decode(type, from: Data(bytes(name)))
    }

    static func key(_ name: String) throws -> RSAPrivateKey { try RSAPrivateKey(pem: Secret(copying: bytes("crypto/\(name)"))) }
}

/// Two keys and what is made with them. Making keys is slow, so they come from files.
enum Keys {
    static let first = try! Fixture.key("rsa2048-pkcs8.pem")
    static let second = try! Fixture.key("rsa3072-pkcs8.pem")

    static func jwk(_ key: RSAPrivateKey, kid: String? = nil) -> JWK {
        var jwk = key.publicKey.jwk
        jwk.kid = kid ?? key.publicKey.thumbprint
        jwk.use = "sig"
        jwk.alg = "RS256"
        return jwk
    }

    static func set(_ keys: RSAPrivateKey...) throws -> KeySet { try KeySet(JWKSet(keys: keys.map { jwk($0) })) }
}

/// A token in the making: each part can be made wrong.
struct TokenDraft {
    static let now = Timestamp(rfc3339: "2026-03-01T12:00:00Z")!

    var claims = Claims(
        subject: "agent_1", organisation: "org_1", workspace: "wks_1", scopes: ["relayfile:fs:read:/docs/*", "relayauth:token:create:*"],
        sponsorId: "user_1", sponsorChain: ["user_1", "agent_1"], issuer: "https://keys.example", audience: ["relayauth", "relayfile"],
        expiresAt: now.seconds + 3600, issuedAt: now.seconds, tokenId: "tok_1", sessionId: "sess_1")
    var alg = "RS256"
    var typ: String? = "JWT"
    var kid: String? = Keys.first.publicKey.thumbprint
    var key = Keys.first
    /// In place of the claims.
    var payload: [UInt8]?

    var header: [UInt8] {
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("alg", alg)
            writer.member("typ", ifPresent: typ)
            writer.member("kid", ifPresent: kid)
        }
        return writer.bytes
    }

    var input: [UInt8] { CompactJWS.signingInput(header: header, payload: payload ?? claims.json()) }

    func signed() throws -> String { CompactJWS.assemble(signingInput: input, signature: try key.sign(input)) }

    func signed(_ change: (inout TokenDraft) -> Void) throws -> String {
        var draft = self
        change(&draft)
        return try draft.signed()
    }
}

/// Why `body` was refused; `nil` when it was not.
func refusal<R>(_ body: () throws -> R) -> VerificationError.Reason? {
    do {
        _ = try body()
        return nil
    } catch {
        return (error as? VerificationError)?.reason
    }
}

func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
