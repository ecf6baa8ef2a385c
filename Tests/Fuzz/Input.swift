import FoundationEssentials
import LatchkeyCrypto
import LatchkeyVerifier

/// What the fuzzer gave, as bytes.
func input(_ start: UnsafePointer<UInt8>?, _ count: Int) -> [UInt8] {
    Array(UnsafeBufferPointer(start: start, count: count))
}

/// What a reader took must be what its writer makes of it: else one thing has two spellings.
func require(_ written: [UInt8], equals read: [UInt8]) {
    guard written == read else { fatalError("what was read is written in another way") }
}

/// What is made between the two is kept for good, where the search for leaks doesn't see who holds it (Swift has bits of its own in pointers).
@_silgen_name("__lsan_disable") private func beginKeeping()
@_silgen_name("__lsan_enable") private func endKeeping()

/// The pack of `fixtures/offline`, as a verifier in a cutover would hold it: one key of RS256 tokens, one of HS256 ones.
enum Trust {
    static let secret = Secret(copying: Array("the secret of the old days, 2024".utf8))
    /// Within the life of all that is in the pack.
    static let now = Timestamp(seconds: 1_936_000_000)
    static let verifier: TokenVerifier = {
        beginKeeping()
        defer { endKeeping() }
        guard let pem = try? Data(contentsOf: URL(filePath: "fixtures/offline/anchors/a.pem")),
            let file = try? Data(contentsOf: URL(filePath: "fixtures/offline/bundles/legacy.bundle")),
            let anchor = try? TrustAnchor(pem: Array(pem)),
            let bundle = try? TrustBundle(reading: Array(file)).checked(by: anchor, at: now)
                .accepting(legacySecret: secret, kid: "production-2024")
        else { fatalError("the pack in fixtures/offline can't be read from here") }
        return TokenVerifier(bundle: bundle)
    }()
}
