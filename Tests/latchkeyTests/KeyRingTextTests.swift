import LatchkeyVerifier
import Testing

@testable import latchkey

/// What is told of a key ring, in sentences.
@Suite struct KeyRingTexts {
    private static let now = "2026-11-21T12:00:00.000Z"

    private func sentences(_ members: String) throws -> [String] {
        let answer = #"{"keys":[],"schedule":{"now":"\#(Self.now)"\#(members)}}"#
        return try KeyRingReport(JSONDocument(Array(answer.utf8)).root).sentences
    }

    @Test func `a quiet ring says who signs, and when the next one will`() throws {
        let said = try sentences(
            #","signerKeyId":"A","standbyKeyId":"B","next":{"step":"rotate","keyId":"B","at":"2027-01-22T12:00:00.000Z"},"timings":{"graceAfterUse":259200}"#
        )
        #expect(
            said == [
                "A signs now.",
                "Next, at 2027-01-22T12:00:00.000Z (in 62 days), B begins to sign and a new standby is born. A then only verifies, for 3 days.",
            ])
    }

    @Test func `a key on its way out is told first, and the rotation after it`() throws {
        let said = try sentences(
            #","signerKeyId":"A","rotationDueAt":"2026-12-01T12:00:00.000Z","next":{"step":"retire","keyId":"O","at":"2026-11-21T15:30:00.000Z"}"#
        )
        #expect(
            said == [
                "A signs now.", "Next, at 2026-11-21T15:30:00.000Z (in 3 hours), O leaves the JWKS and its private half is destroyed.",
                "The next rotation is due at 2026-12-01T12:00:00.000Z (in 10 days).",
            ])
    }

    @Test(arguments: [
        ("standby_too_young", "has not been in the JWKS for long enough"), ("bundles", "a trust bundle that does not know the standby"),
        ("cutover", "latchkey cutover status"), ("clock", "latchkey clock accept"), ("seal", "latchkey seal status"), ("moon", ": moon."),
    ])
    func `why a rotation waits is told`(reason: String, words: String) throws {
        let said = try sentences(
            #","rotationDueAt":"2026-11-20T12:00:00.000Z","waitsFor":{"reason":"\#(reason)","until":"2026-11-21T13:00:00.000Z"}"#)
        let waits = try #require(said.first { $0.hasPrefix("A rotation has been due since 2026-11-20T12:00:00.000Z and waits") })
        #expect(waits.contains("until 2026-11-21T13:00:00.000Z (in 1 hour)") && waits.contains(words))
        #expect(said.first == "No key of this ring signs now.")
    }

    @Test func `a problem is told, and so is a ring without a plan`() throws {
        let said = try sentences(#","signerKeyId":"A","problem":"the disk is full: make room.""#)
        #expect(said == ["A signs now.", "Nothing is planned.", "This needs a person: the disk is full: make room."])
    }

    @Test func `where a cutover still signs HS256, no RSA key is told or drawn as the signer`() throws {
        let answer =
            #"{"keys":[{"keyId":"B","status":"standby","publishedAt":"\#(Self.now)"},{"keyId":"A","status":"active","publishedAt":"2026-10-01T00:00:00Z","activatedAt":"2026-10-01T00:00:00Z"}],"schedule":{"now":"\#(Self.now)","standbyKeyId":"B"}}"#
        let ring = try KeyRingReport(JSONDocument(Array(answer.utf8)).root)
        #expect(
            try ring.sentences.first
                == "The legacy key signs now, with HS256; A signs from the phase cutover on. See latchkey cutover status.")
        let drawn = try ring.timeline(width: 80, style: .letters).lines
        #expect(drawn.contains { $0.hasPrefix("A active ") } && !drawn.dropLast().contains { $0.contains("S") })
        #expect(ring.keys.map(\.id) == ["A", "B"])
    }

    @Test func `what is overdue happens at once`() throws {
        let said = try sentences(#","signerKeyId":"A","next":{"step":"create_standby","at":"2026-11-21T11:59:00.000Z"}"#)
        #expect(said.last == "Next, at once (due since 2026-11-21T11:59:00.000Z), a standby is made.")
    }

    @Test(arguments: [
        #"{"keys":[],"schedule":{}}"#, #"{"keys":[]}"#, "{}", #"{"keys":[{"keyId":"a"}],"schedule":{"now":"2026-11-21T12:00:00Z"}}"#,
    ])
    func `an answer that lacks the moment, the schedule or a state is none`(answer: String) {
        #expect(throws: CommandFailure.self) { try KeyRingReport(JSONDocument(Array(answer.utf8)).root).sentences }
    }

    @Test(arguments: [
        (0, "now"), (1, "in 1 second"), (59, "in 59 seconds"), (60, "in 1 minute"), (61, "in 61 seconds"), (119, "in 119 seconds"),
        (3600, "in 1 hour"), (3601, "in 60 minutes"), (86_400, "in 1 day"), (129_600, "in 36 hours"), (172_800, "in 2 days"),
        (-7200, "2 hours ago"), (94_608_000, "in 1095 days"),
    ])
    func `spans are told as people say them`(seconds: Int64, text: String) {
        #expect(TimeAway.text(from: Timestamp(seconds: 1000), to: Timestamp(seconds: 1000 + seconds)) == text)
    }

    @Test func `a key id that begins with a dash is no option`() {
        let id = "-xiXv5pAIj4BzaEvR9Bhx7cbUe6GT-XvUhUa2bXolZI"
        #expect(
            DashedKeyIds.arguments(["signing-keys", "revoke", id, "--reason", "x"]) == [
                "signing-keys", "revoke", "--reason", "x", "--", id,
            ])
        let others = [
            ["signing-keys", "show", "--", id], ["tokens", "revoke", id], ["signing-keys", "show", String(id.dropLast())],
            ["signing-keys", "show", "-" + id.dropLast()], ["signing-keys", "show", id.dropLast() + "="], [],
        ]
        for arguments in others { #expect(DashedKeyIds.arguments(arguments) == arguments) }
    }

    @Test(
        arguments: [
            ("rs256", ["RS256"]), ("hs256,rs256", ["RS256", "HS256"]), ("RS256,HS256", ["RS256", "HS256"]), ("HS256", ["HS256"]), ("", nil),
            ("none", nil), ("rs256,", nil), ("rs256,rs256", nil), ("rs256 hs256", nil), ("RS512", nil),
        ] as [(String, [String]?)])
    func `a verifier accepts what there is`(text: String, names: [String]?) { #expect(AcceptedAlgorithms(argument: text)?.names == names) }
}
