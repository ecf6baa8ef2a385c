import FoundationEssentials
import Glibc
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

    /// The key that signed a pair's access token.
    func keyId(_ pair: TokenPair) throws -> String { try authority.keys.keySet.verifySignature(of: pair.accessToken.text).keyId }

    private var putAway: String { scratch.masterKey + ".away" }

    /// The same directory after a stop and a start, without its master key.
    func withoutMasterKey() async throws -> Install {
        await authority.close()
        try FileManager.default.moveItem(atPath: scratch.masterKey, toPath: putAway)
        return try Install(at: scratch, clock: clock)
    }

    func putMasterKeyBack() throws { try FileManager.default.moveItem(atPath: putAway, toPath: scratch.masterKey) }
}

extension Scratch {
    /// What a kill would leave of this directory now.
    func copied() throws -> Scratch {
        let copy = Scratch()
        mkdir(copy.store, 0o700)
        for place in ["", "/store"] {
            for name in try FileManager.default.contentsOfDirectory(atPath: path + place) where name != "store" && name != "lock.mdb" {
                let file = "\(place)/\(name)"
                var status = stat()
                guard stat(path + file, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { continue }
                try Data(contentsOf: URL(filePath: path + file)).write(to: URL(filePath: copy.path + file))
                chmod(copy.path + file, status.st_mode & 0o777)
            }
        }
        return copy
    }
}
