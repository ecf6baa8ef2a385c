import FoundationEssentials
import LatchkeyCrypto
import LatchkeyVerifier
import Testing

/// The pack of `fixtures/offline`: what must come out, for verifiers in every language.
enum GoldenPack {
    struct Case: Decodable, Sendable, CustomTestStringConvertible {
        let name: String
        let anchor: String
        let bundle: String
        let token: String
        let audience: String
        let issuer: String?
        let scopes: [String]?
        let state: String?
        let stateAfter: String?
        let legacySecret: String?
        let legacyKid: String?
        let at: String?
        let verdict: String
        let needs: [String]

        var testDescription: String { name }
    }

    private struct Verdicts: Decodable {
        let cases: [Case]
    }

    static let cases = try! Fixture.json("offline/verdicts.json", as: Verdicts.self).cases

    /// Any moment does where a case names none.
    static let someMoment = Timestamp(rfc3339: "2031-05-17T09:30:00Z")!

    static func file(_ name: String) throws -> [UInt8] { try Fixture.bytes("offline/\(name)") }

    static func bundle(_ name: String) throws -> TrustBundle { try TrustBundle(reading: file("bundles/\(name).bundle")) }

    static func token(_ name: String) throws -> String { text(try file("tokens/\(name).jwt").dropLast()) }

    /// The anchor of that name with its private half, which is made of the name.
    static func key(_ name: String) throws -> Ed25519PrivateKey {
        try Ed25519PrivateKey(seed: Secret(copying: SHA256.hash(Array("latchkey offline \(name)".utf8))))
    }

    static func anchor(_ name: String) throws -> TrustAnchor { try TrustAnchor(pem: file("anchors/\(name).pem")) }

    /// What the library says: the state to remember when the token is good, why not otherwise.
    static func judge(_ test: Case) -> Result<BundleState, VerificationError> {
        do {
            let now = test.at.flatMap { Timestamp(rfc3339: $0) } ?? someMoment
            let anchor = try TrustAnchor(pem: file(test.anchor))
            let state = try test.state.map { try BundleState(json: file($0)) }
            var checked = try TrustBundle(reading: file(test.bundle)).checked(by: anchor, state: state, at: now)
            if let secret = test.legacySecret, let kid = test.legacyKid {
                checked = try checked.accepting(legacySecret: Array(file(secret).dropLast()), kid: kid)
            }
            let verifier = TokenVerifier(bundle: checked, policy: TokenPolicy(issuer: test.issuer, audiences: [test.audience]))
            let claims = try verifier.verify(text(file(test.token).dropLast()), at: now)
            for scope in test.scopes ?? [] { try verifier.require(scope, of: claims) }
            return .success(checked.state)
        } catch let error as VerificationError {
            return .failure(error)
        } catch {
            fatalError("the pack can't be read: \(error)")
        }
    }
}

func text(_ bytes: ArraySlice<UInt8>) -> String { String(decoding: bytes, as: UTF8.self) }
