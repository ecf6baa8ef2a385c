import LatchkeyCrypto
import LatchkeyVerifier
import Testing

@Suite("The golden pack")
struct GoldenPackTests {
    @Test("comes out as it says", arguments: GoldenPack.cases)
    func verdict(_ test: GoldenPack.Case) throws {
        switch GoldenPack.judge(test) {
        case .success(let state):
            #expect(test.verdict == "good")
            if let after = test.stateAfter { #expect(try text(state.json()) == text(GoldenPack.file(after))) }
        case .failure(let error):
            #expect(error.reason.rawValue == test.verdict, "\(error)")
        }
    }

    @Test("has a case for every reason that a bundle and its tokens can give")
    func completeness() {
        let told = Set(GoldenPack.cases.map(\.verdict))
        #expect(told == Set(VerificationError.Reason.allCases.map(\.rawValue) + ["good"]))
        #expect(GoldenPack.cases.count >= 150)
        #expect(Set(GoldenPack.cases.map(\.name)).count == GoldenPack.cases.count)
    }

    @Test("is what this library writes, too: the form is the same in another language", arguments: ["bundle-7", "by-c", "legacy", "first"])
    func form(_ name: String) throws {
        let bundle = try GoldenPack.bundle(name)
        let signer = try GoldenPack.key(name == "by-c" ? "c" : "a")
        let written = try TrustBundle.encode(bundle.contents, keyId: signer.publicKey.thumbprint) { try signer.sign($0) }
        #expect(try text(written) == text(GoldenPack.file("bundles/\(name).bundle")))
    }
}
