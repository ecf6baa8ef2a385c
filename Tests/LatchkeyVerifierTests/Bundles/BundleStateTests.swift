import LatchkeyVerifier
import Testing

@Suite("What is remembered of a bundle")
struct BundleStateTests {
    @Test("comes back as it was written")
    func roundTrip() throws {
        let file = try GoldenPack.file("states/bundle-7.json")
        let state = try BundleState(json: file)
        #expect(state.sequence == 7 && state.anchorNumber == 0)
        #expect(text(state.json()) == text(file))
    }

    @Test("is refused with a bit of any byte flipped that no other state has, and cut at any byte")
    func flips() throws {
        let file = try GoldenPack.file("states/bundle-7.json")
        let state = try BundleState(json: file)
        for index in file.indices {
            var changed = file
            changed[index] ^= 1
            #expect((try? BundleState(json: changed)) != state)
            #expect(refusal { try BundleState(json: Array(file[..<index])) } == .state)
        }
        #expect(refusal { try BundleState(json: file + file) } == .state)
    }

    @Test("is not gone back from by a number, an anchor, or another line")
    func order() throws {
        let anchor = try GoldenPack.anchor("a")
        let seven = try BundleState(json: GoldenPack.file("states/bundle-7.json"))
        let now = GoldenPack.someMoment
        func reason(_ name: String) -> VerificationError.Reason? {
            refusal { try GoldenPack.bundle(name).checked(by: anchor, state: seven, at: now) }
        }
        #expect(reason("bundle-7") == nil && reason("bundle-8") == nil && reason("bundle-9") == nil)
        #expect(reason("first") == .rollback && reason("bundle-6") == .rollback)
        #expect(reason("bundle-7-fork") == .fork && reason("bundle-8-fork") == .fork)
    }
}
