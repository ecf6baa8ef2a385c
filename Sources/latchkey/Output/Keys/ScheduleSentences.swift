import LatchkeyVerifier

/// What the key ring does next, in sentences.
struct ScheduleSentences {
    private let schedule: JSONValue
    private let willSign: String?
    private let now: Timestamp

    /// - Parameter willSign: the RSA key that signs once a cutover has come to RS256.
    init(_ schedule: JSONValue, willSign: String?, at now: Timestamp) {
        self.schedule = schedule
        self.willSign = willSign
        self.now = now
    }

    var all: [String] { [signs, waits, next, rotation, problem].compactMap { $0 } }

    private var signer: String? { schedule["signerKeyId"]?.text }
    private var standby: String { schedule["standbyKeyId"]?.text ?? "the new key" }

    private var signs: String? {
        if let signer { return "\(signer) signs now." }
        return willSign.map { "The legacy key signs now, with HS256; \($0) signs from the phase cutover on. See latchkey cutover status." }
            ?? "No key of this ring signs now."
    }

    /// The first thing that happens by itself.
    private var next: String? {
        guard let next = schedule["next"], let step = next["step"]?.text, let at = next["at"]?.moment else {
            return "Nothing is planned."
        }
        let when = "Next, \(when(at))"
        let key = next["keyId"]?.text
        switch step {
        case "rotate":
            let grace = signer.map { " \($0) then only verifies, for \(TimeAway.span(graceAfterUse))." } ?? ""
            return "\(when), \(key ?? standby) begins to sign and a new standby is born.\(grace)"
        case "create_standby": return "\(when), a standby is made."
        case "retire": return "\(when), \(key ?? "the key in grace") leaves the JWKS and its private half is destroyed."
        default: return "\(when): \(step)\(key.map { " \($0)" } ?? "")."
        }
    }

    /// When the rotation is due, where something else comes first.
    private var rotation: String? {
        guard schedule["next"]?["step"]?.text != "rotate", waitsFor == nil, let due = schedule["rotationDueAt"]?.moment else { return nil }
        return "The next rotation is due \(when(due))."
    }

    private var waits: String? {
        guard let waitsFor, let reason = waitsFor["reason"]?.text else { return nil }
        let dueAt = schedule["rotationDueAt"]?.moment
        let due = dueAt.flatMap { $0 <= now ? "A rotation has been due since \($0) and waits" : nil } ?? "The next rotation waits"
        let until = waitsFor["until"]?.moment.map { " until \($0) (\(TimeAway.text(from: now, to: $0)))" } ?? ""
        return "\(due)\(until): \(why(reason))."
    }

    private var problem: String? {
        schedule["problem"]?.text.map { "This needs a person: \($0)" }
    }

    private var waitsFor: JSONValue? { schedule["waitsFor"] }
    private var graceAfterUse: Int64 { schedule["timings"]?["graceAfterUse"]?.integer ?? 0 }

    private func why(_ reason: String) -> String {
        switch reason {
        case "standby_too_young": "the standby has not been in the JWKS for long enough to be known to every verifier"
        case "bundles": "a trust bundle that does not know the standby may be in use until then"
        case "cutover": "nothing rotates while a cutover stands before its sunset; see latchkey cutover status"
        case "clock": "the clock can't be trusted; see latchkey status, then latchkey clock accept"
        case "seal": "the master key is missing, without which no private key can be opened; see latchkey seal status"
        default: reason
        }
    }

    private func when(_ moment: Timestamp) -> String {
        moment <= now ? "at once (due since \(moment))" : "at \(moment) (\(TimeAway.text(from: now, to: moment)))"
    }
}
