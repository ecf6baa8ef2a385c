@testable import LatchkeyAuthority
import LatchkeyCrypto
import LatchkeyVerifier
import Testing

extension Install {
    /// What a failed look at the ring said.
    struct Untended: Error { let problem: String }

    /// An install whose signing keys are prepared ones.
    static func prepared(
        _ change: (inout AuthoritySettings) -> Void = { _ in }, seams: (inout AuthoritySeams) -> Void = { _ in }
    ) throws -> Install {
        var all = AuthoritySeams()
        all.makeKey = PreparedKeys().maker
        seams(&all)
        return try Install(change, seams: all)
    }

    var signer: SigningKeyRecord { get throws { try #require(authority.keys.ring.active) } }
    var standby: SigningKeyRecord { get throws { try #require(authority.keys.ring.standby) } }

    func record(_ kid: String) throws -> SigningKeyRecord { try #require(authority.keys.ring.records.first { $0.kid == kid }) }

    /// Does what is due with the signing keys.
    func tend() async throws {
        await authority.tendKeys()
        if let problem = authority.keyRingProblem { throw Untended(problem: problem) }
    }

    /// `kid`s of the JWKS as it is served now.
    var served: [String] { get throws { try KeySet(jwks: authority.keys.document).keyIds } }
}
