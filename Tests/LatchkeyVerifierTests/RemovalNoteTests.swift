@testable import LatchkeyVerifier
import Testing

@Suite("What an entry tells of leaves that were removed")
struct RemovalNoteTests {
    private func entry(_ metadata: String, action: String = "audit.removed", rest: String = "") -> [UInt8] {
        Array(
            (#"{"id":"audit_1","seq":9,"timestamp":"2026-03-01T12:00:00.000Z","action":"\#(action)","actor":"system","orgId":"org_1","#
                + #""plane":"relayauth","resource":"audit","result":"allowed","metadata":{\#(metadata)}\#(rest),"requestId":""}"#).utf8)
    }

    @Test("is read from its own place alone")
    func read() {
        let leaves = #""before":"x","leaves":"0-255,300""#
        #expect(RemovalNote(entry: entry(leaves))?.leaves.text == "0-255,300")
        #expect(RemovalNote(entry: entry(leaves, rest: #","ip":"::1","userAgent":"a""#)) != nil)
        #expect(RemovalNote(entry: entry(leaves, action: "token.issued")) == nil)
        #expect(RemovalNote(entry: entry(#""before":"x""#)) == nil)
        #expect(RemovalNote(entry: entry(#""x":"\"leaves\":\"1\"""#)) == nil)
        #expect(RemovalNote(entry: entry(leaves) + [10]) == nil)
        for cut in 0..<entry(leaves).count { #expect(RemovalNote(entry: Array(entry(leaves).prefix(cut))) == nil) }
    }

    @Test(
        "is in one spelling",
        arguments: ["", ",", "1,", "1-", "-1", "+1", "01", "2-1", "1-1", "1,2", "3,1", "1-5,5", "1-2-3", "1 ,3", "4611686018427387904"])
    func spelling(_ text: String) { #expect(LeafRanges(text) == nil) }

    @Test("is merged, cut and parted without losing any")
    func arithmetic() throws {
        var dice = SystemRandomNumberGenerator()
        for _ in 0..<200 {
            let one = Set((0..<40).map { _ in UInt64.random(in: 0..<100, using: &dice) })
            let two = Set((0..<40).map { _ in UInt64.random(in: 0..<100, using: &dice) })
            let both = LeafRanges(one).union(LeafRanges(two))
            #expect(both == LeafRanges(one.union(two)) && both.count == UInt64(one.union(two).count))
            #expect(LeafRanges(both.text) == both)
            #expect(both.within(20..<70) == LeafRanges(one.union(two).filter { (20..<70).contains($0) }))
            let parts = both.parts(of: 3)
            #expect(parts.allSatisfy { $0.ranges.count <= 3 } && parts.reduce(LeafRanges()) { $0.union($1) } == both)
            var set = LeafSet()
            for leaf in one { set.insert(leaf * 1000) }
            let cut = UInt64.random(in: 0..<100_000, using: &dice)...100_000
            set.remove(cut)
            var left: [UInt64] = []
            set.forEachRange {
                left += Array($0)
                return true
            }
            #expect(left == one.map { $0 * 1000 }.filter { !cut.contains($0) }.sorted())
            #expect(set.count == UInt64(left.count) && set.isEmpty == left.isEmpty)
        }
    }
}
