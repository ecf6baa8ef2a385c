@testable import LatchkeyAuthority
import LatchkeyStore
@testable import LatchkeyVerifier
import Synchronization
import Testing

extension Install {
    /// A new trust bundle, read back as a verifier reads it.
    func bundle(validFor life: Int64? = nil) async throws -> TrustBundle {
        try TrustBundle(reading: await authority.exportBundle(validFor: life, by: admin).file)
    }

    /// The anchor as verifiers hold it, by way of its file.
    var anchor: TrustAnchor { get throws { try TrustAnchor(pem: Array(authority.anchorReport().current.pem.utf8)) } }

    /// What a verifier has that was given a new bundle at this moment.
    func offline() async throws -> TokenVerifier {
        let bundle = try await bundle()
        return try TokenVerifier(bundle: bundle.checked(by: anchor, at: clock.now()))
    }

    /// Why a verifier refuses a token; `nil` when it takes it.
    func verdict(on pair: TokenPair, by verifier: TokenVerifier) -> VerificationError.Reason? {
        do {
            _ = try verifier.verify(pair.accessToken.text, at: clock.now())
            return nil
        } catch {
            return error.reason
        }
    }

    /// What was revoked, as it is numbered.
    var revocations: [UInt64: RevocationRow] {
        get throws {
            try store.read { transaction in
                var rows: [UInt64: RevocationRow] = [:]
                try transaction.scan(Tables.revocations, limit: .max) { number, row in
                    rows[number] = row
                    return true
                }
                return rows
            }
        }
    }

    /// Anchors, the first one first.
    var anchors: [AnchorRecord] { get throws { try store.read { try AnchorLine(in: $0).records } } }

    var bundleRows: Int { get throws { try #require(counts()["bundles"]) } }
}

extension Authority {
    /// Notes a bundle of which nothing but its end matters.
    func noteBundle(notAfter: Timestamp) async throws {
        try await write { [self] transaction in try noteBundle(notAfter: notAfter, in: transaction) }
        try reloadKeys()
    }
}

/// Something that a seam does once, at the step of this name.
final class Meanwhile: Sendable {
    private let step: String
    private let work = Mutex<(@Sendable () throws -> Void)?>(nil)
    private let seen = Mutex(0)

    init(at step: String) { self.step = step }

    /// How often the step was taken.
    var count: Int { seen.withLock { $0 } }

    /// For ``AuthoritySeams/afterStep``.
    var seam: @Sendable (String) -> Void {
        { [self] name in
            guard name == step else { return }
            seen.withLock { $0 += 1 }
            let work = work.withLock { work in
                defer { work = nil }
                return work
            }
            do {
                try work?()
            } catch {
                Issue.record(error)
            }
        }
    }

    func does(_ work: @escaping @Sendable () throws -> Void) { self.work.withLock { $0 = work } }
}
