/// What a rotation by hand did, for people.
struct RotationReport {
    private let answer: JSONValue

    init(_ answer: JSONValue) { self.answer = answer }

    var facts: [(name: String, value: String?)] {
        let leaves = answer["oldKeyExpiresAt"]?.text
        let isKnown = answer["notYetAcceptedBy"]?.elements?.isEmpty ?? true
        let next =
            isKnown
            ? "nothing is left to do: the old key leaves the JWKS by itself"
            : "let those verifiers fetch the JWKS or a new trust bundle now; until then they refuse new tokens"
        return [
            ("rotated", answer["rotatedAt"]?.text), ("signs now", answer["newKeyId"]?.text),
            ("verifies only", answer["oldKeyId"]?.text), ("leaves the JWKS", leaves), ("new standby", answer["standbyKeyId"]?.text),
        ]
            + Witness.facts(
                "not yet accepted by", answer["notYetAcceptedBy"], nobody: "nobody: all who play by the rules know the new signer") + [
                ("next", next)
            ]
    }
}
