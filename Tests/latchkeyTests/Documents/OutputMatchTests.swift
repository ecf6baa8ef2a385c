import Testing

/// What counts as the same output, so that documents are held to what they show.
@Suite struct OutputMatchTests {
    private let key = "7_8ubxp2m19KZNpin3wWReu5HhSSRjxgeCLABJVArDM"
    private let other = "FFdWe21G3GZbdsumCDKAF0uTNPYbKi_gu7jEco5xMBU"

    @Test func `other times, numbers and ids are the same, and the ids are known by each other's names`() {
        let match = OutputMatch(
            shown: ["signs now    \(key)", "since        2026-11-21T18:24:30.205Z"],
            real: ["since\t2030-01-01T00:00:00.000Z", "signs now\t\(other)"])
        #expect(match.missing == [] && match.surplus == [])
        #expect(match.ids == [key: other])
    }

    @Test func `another word is another line`() {
        let match = OutputMatch(shown: ["phase  legacy"], real: ["phase  published"])
        #expect(match.missing == ["phase  legacy"] && match.surplus == ["phase  published"])
    }

    @Test func `a verdict is part of the line`() {
        #expect(OutputMatch(shown: ["✓ probe: good"], real: ["✗ probe: good"]).missing == ["✓ probe: good"])
    }

    @Test func `a line that is not shown is found, unless the document leaves lines out`() {
        #expect(OutputMatch(shown: ["a"], real: ["a", "b"]).surplus == ["b"])
        #expect(OutputMatch(shown: ["a", "…"], real: ["a", "b"]).surplus == [])
        #expect(OutputMatch(shown: ["a", "…"], real: ["b"]).missing == ["a"])
    }

    @Test func `a line that is cut off stands for all that begin so`() {
        #expect(OutputMatch(shown: [#"{"error":"invalid_token",…"#], real: [#"{"error":"invalid_token","status":401}"#]).missing == [])
        #expect(OutputMatch(shown: [#"{"error":"token_expired",…"#], real: [#"{"error":"invalid_token","status":401}"#]).missing != [])
    }

    @Test func `bars of another length are the same, in another order they are not`() {
        #expect(OutputMatch(shown: ["7_8ubxp2 active  █│███▒▒"], real: ["FFdWe21G active  ██│█▒"]).missing == [])
        #expect(OutputMatch(shown: ["7_8ubxp2 active  █│███▒▒"], real: ["FFdWe21G active  ░│█▒"]).missing != [])
    }

    @Test func `in JSON, too, ids are known by each other's names, and the words round them count`() {
        let id = "ak_01M7Z0DJFY2AVEP7DB6GGR5MK5"
        let match = OutputMatch(
            shown: [#"{"id":"ak_01M84W3EJWC2CJD7XTDA3VR0Q0","prefix":"lk_Dwbmhvcc"}"#], real: [#"{"id":"\#(id)","prefix":"lk_QQqqQQqq"}"#])
        #expect(match.missing == [] && match.surplus == [])
        #expect(match.ids == ["ak_01M84W3EJWC2CJD7XTDA3VR0Q0": id, "lk_Dwbmhvcc": "lk_QQqqQQqq"])
        #expect(OutputMatch(shown: [#"{"revoked":"\#(id)"}"#], real: [#"{"id":"\#(id)"}"#]).missing != [])
    }

    @Test func `a secret is shown by its first letters`() {
        let secret = "lk_" + String(repeating: "x", count: 49)
        #expect(OutputMatch(shown: [#"{"key":"lk_…"}"#], real: [#"{"key":"\#(secret)"}"#]).missing == [])
        #expect(OutputMatch(shown: [#"{"key":"lk_…"}"#], real: [#"{"key":"none"}"#]).missing != [])
    }

    @Test func `a fingerprint and a head are known by each other's names, also where no group has a number in it`() {
        let mine = "12 " + Array(repeating: "5c81", count: 16).joined(separator: " ")
        let its = "9 " + Array(repeating: "face", count: 16).joined(separator: " ")
        let head = OutputMatch(shown: ["head  \(mine)"], real: ["head\t\(its)"])
        #expect(head.missing == [] && head.surplus == [])
        #expect(head.ids == [mine: its])
        let fingerprint = Array(repeating: "FACE", count: 10).joined(separator: " ")
        let other = Array(repeating: "4586", count: 10).joined(separator: " ")
        let former = OutputMatch(shown: ["before it  \(fingerprint), until 2026"], real: ["before it  \(other), until 2031"])
        #expect(former.missing == [] && former.surplus == [])
        #expect(OutputMatch(shown: ["head  \(mine)"], real: ["head  \(fingerprint)"]).missing != [])
        #expect(OutputMatch(shown: ["a face"], real: ["a cafe"]).missing == ["a face"])
    }
}
