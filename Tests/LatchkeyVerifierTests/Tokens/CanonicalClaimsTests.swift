import FoundationEssentials
@testable import LatchkeyVerifier
import Testing

@Suite("Claims in an authority's own spelling")
struct CanonicalClaimsTests {
    private func decoded(_ payload: [UInt8]) -> Claims? { try? JSONDecoder().decode(Claims.self, from: Data(payload)) }

    private static let drafts: [Claims] = {
        var all = TokenDraft().claims
        all.notBefore = 0
        all.parentTokenId = "tok_2"
        all.meta = ["a": "1", "\u{e9}": "\u{1F600}", "": "\"\\\n\u{1}\u{7F}"]
        var strange = TokenDraft().claims
        strange.subject = "e\u{301}\u{2028}"
        strange.scopes = []
        strange.audience = ["", "\\"]
        strange.expiresAt = 99_999_999_999
        strange.issuedAt = 0
        var empty = TokenDraft().claims
        empty.meta = [:]
        return [TokenDraft().claims, all, strange, empty]
    }()

    @Test("are read as a general decoder reads them")
    func same() {
        for claims in Self.drafts {
            #expect(Claims(canonical: claims.json()) == claims)
            #expect(decoded(claims.json()) == claims)
        }
    }

    @Test("are never read otherwise than a general decoder reads them, whatever byte was changed, left out or put in")
    func neverOtherwise() {
        var random = SplitMix(state: 7)
        for claims in Self.drafts {
            let payload = claims.json()
            for index in payload.indices {
                for change in 0..<4 {
                    var other = payload
                    switch change {
                    case 0: other[index] ^= 1 << UInt8(random.next() % 8)
                    case 1: other.remove(at: index)
                    case 2: other.insert(Array(" ,\"{}[]0-.e\\:".utf8)[Int(random.next() % 13)], at: index)
                    default: other.removeSubrange(index...)
                    }
                    if let read = Claims(canonical: other) { #expect(read == decoded(other), "\(text(other))") }
                }
            }
        }
    }

    @Test("are left to the decoder in any other spelling")
    func others() throws {
        let plain = text(TokenDraft().claims.json())
        let others = [
            plain + " ", plain.replacing("\"exp\":", with: "\"exp\": "), plain.replacing("\"jti\"", with: "\"more\":1,\"jti\""),
            plain.replacing("\"sub\"", with: "\"s\\u0075b\""), plain.replacing("https://", with: "https:\\/\\/"),
        ]
        for other in others {
            #expect(Claims(canonical: Array(other.utf8)) == nil)
            #expect(decoded(Array(other.utf8)) == TokenDraft().claims, "\(other)")
        }
        let token = try TokenDraft().signed { $0.payload = Array(others[2].utf8) }
        #expect(try Keys.set(Keys.first).verifySignature(of: token).claims == TokenDraft().claims)
    }

    /// The same numbers in each run.
    private struct SplitMix {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var word = state
            word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
            word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
            return word ^ (word >> 31)
        }
    }
}
