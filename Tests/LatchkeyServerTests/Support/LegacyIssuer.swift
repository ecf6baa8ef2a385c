import LatchkeyAuthority
import LatchkeyCrypto
import LatchkeyVerifier

/// The authority that an install had before: it signs HS256.
struct LegacyIssuer: Sendable {
    var kid = "production"
    var issuer = "https://old.test"
    var secret = "an old secret that was shared with everybody"
    let organisation: String
    let clock: ManualClock

    init(_ daemon: TestDaemon) {
        organisation = daemon.authority.firstOrganisation
        clock = daemon.clock
        daemon.ledger.note(secret)
    }

    /// The body that brings its secret.
    ///
    /// - Parameter issuedUntil: seconds from now.
    func body(maxTTL: Int64 = 3600, issuedUntil: Int64 = 0) -> String {
        let until = clock.now().adding(seconds: issuedUntil)
        return #"{"kid":"\#(kid)","issuer":"\#(issuer)","maxTTL":\#(maxTTL),"issuedUntil":"\#(until)","secret":"\#(encodedSecret)"}"#
    }

    var encodedSecret: String { Base64URL.encode(Array(secret.utf8)) }

    var header: String { #"{"alg":"HS256","typ":"JWT","kid":"\#(kid)"}"# }

    /// Claims as the old authority wrote them.
    func claims(subject: String = "agent_7", scope: String = "relayauth:identity:read:*", type: String = "access", life: Int64 = 3600)
        -> String
    {
        let now = clock.now().milliseconds / 1000
        return #"{"sub":"\#(subject)","org":"\#(organisation)","scopes":["\#(scope)"],"token_type":"\#(type)","iss":"\#(issuer)","#
            + #""aud":["relayauth"],"exp":\#(now + life),"iat":\#(now),"jti":"old-\#(type)-\#(subject)-\#(now)"}"#
    }

    func token(_ claims: String, header: String? = nil) -> String {
        Forgery.hmac(header: header ?? self.header, payload: Array(claims.utf8), secret: Array(secret.utf8))
    }
}
