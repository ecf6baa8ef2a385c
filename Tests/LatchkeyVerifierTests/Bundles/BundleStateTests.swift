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

    private func checked(_ bundle: String, by anchor: String, after state: String? = nil) throws -> BundleState {
        let known = try state.map { try BundleState(json: GoldenPack.file("states/\($0).json")) }
        return try GoldenPack.bundle(bundle).checked(by: GoldenPack.anchor(anchor), state: known, at: GoldenPack.someMoment).state
    }

    @Test("is not gone back from to an anchor that was followed, whatever that one says of the anchor that followed it")
    func formerAnchors() throws {
        #expect(refusal { try checked("by-a-again", by: "a", after: "by-b") } == .rollback)
        #expect(refusal { try checked("by-a-again-and-on", by: "a", after: "by-b") } == .anchor)
        // Where both are led to, the way back needs the signature of the one that followed.
        #expect(refusal { try checked("by-a-round", by: "a") } == .anchor)
        #expect(refusal { try checked("by-a-round", by: "a", after: "by-b") } == .anchor)
    }

    @Test("counts anchors by statements that were verified, and by no others")
    func numbers() throws {
        #expect(try checked("by-a-again", by: "a").anchorNumber == 0)
        #expect(try checked("by-b", by: "a").anchorNumber == 1)
        #expect(try checked("by-c", by: "a").anchorNumber == 2)
        #expect(try checked("by-b", by: "b").anchorNumber == 0)
        // What is remembered is not forgotten, and leads on from there.
        #expect(try checked("by-b", by: "b", after: "by-b").anchorNumber == 1)
        #expect(try checked("by-b", by: "b", after: "bundle-7").anchorNumber == 1)
        #expect(try checked("by-c", by: "c", after: "by-b").anchorNumber == 2)
    }

    @Test("is followed by another anchor only with the remembered one's signature, though the anchor's file was replaced")
    func replacedFile() throws {
        #expect(try checked("by-b", by: "b", after: "bundle-7").anchor == GoldenPack.anchor("b").keyId)
        #expect(refusal { try checked("by-b-on-its-own-word", by: "b", after: "bundle-7") } == .anchor)
        #expect(refusal { try checked("by-b-on-its-own-word", by: "a") } == .anchor)
    }

    @Test("says of a smaller number of the anchor what that means: an old backup in use, or a line to begin anew with")
    func sentences() throws {
        for (bundle, anchor) in [("by-a-again", "a"), ("begun-anew", "x")] {
            let error = #expect(throws: VerificationError.self) { try checked(bundle, by: anchor, after: "by-b") }
            #expect(error?.reason == .rollback)
            #expect(error?.message.contains("does not follow") == true && error?.message.contains("begin anew") == true)
            #expect(error?.message.contains("the number") == false)
        }
        let older = #expect(throws: VerificationError.self) { try checked("bundle-6", by: "a", after: "bundle-8") }
        #expect(older?.message.contains("the number 6, and number 8") == true)
    }

    @Test("holds the anchor's key under that key's own thumbprint")
    func key() throws {
        let state = try BundleState(json: GoldenPack.file("states/by-b.json"))
        #expect(try state.signer == GoldenPack.anchor("b"))
        #expect(refusal { try BundleState(json: GoldenPack.file("states/key-of-another.json")) } == .state)
    }
}
