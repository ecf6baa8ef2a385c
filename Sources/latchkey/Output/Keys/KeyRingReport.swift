import LatchkeyVerifier

/// The signing keys and their schedule as the daemon describes them.
struct KeyRingReport {
    let root: JSONValue
    let keys: [KeyReport]
    private let schedule: JSONValue

    /// - Throws: `.failed` when it is no such answer.
    init(_ root: JSONValue) throws(CommandFailure) {
        guard let elements = root["keys"]?.elements, let schedule = root["schedule"] else { throw JSONScanner.foreign }
        var keys: [KeyReport] = []
        for element in elements { keys.append(try KeyReport(element)) }
        self.root = root
        self.keys = KeyReport.inOrder(keys.map(\.status)).map { keys[$0] }
        self.schedule = schedule
    }

    var signer: String? { schedule["signerKeyId"]?.text }
    var standby: String? { schedule["standbyKeyId"]?.text }
    /// The RSA key that signs nothing yet, because a cutover stands where HS256 signs.
    var willSign: String? { signer == nil ? keys.first { $0.status == "active" }?.id : nil }
    /// What a person has to mend.
    var problem: String? { schedule["problem"]?.text }

    /// - Throws: `.failed` when the ring has no such key.
    func key(_ id: String) throws(CommandFailure) -> KeyReport {
        guard let key = keys.first(where: { $0.id == id }) else {
            throw CommandFailure(
                .failed, "there is no signing key \(id)", hint: "its whole id is needed; they are listed by: latchkey signing-keys list")
        }
        return key
    }

    /// - Throws: `.failed` when the answer does not say what time it is.
    func timeline(width: Int, style: KeyTimeline.Style) throws(CommandFailure) -> KeyTimeline {
        guard let now = schedule["now"]?.moment else { throw JSONScanner.foreign }
        var lives: [KeyTimeline.Life] = []
        for key in keys { lives.append(try key.life(isSilent: key.id == willSign)) }
        let timings = schedule["timings"]
        let plan = KeyTimeline.Plan(
            rotation: rotation, rotationPeriod: timings?["rotationPeriod"]?.integer ?? 0,
            graceAfterUse: timings?["graceAfterUse"]?.integer ?? 0)
        return KeyTimeline(lives, at: now, plan: plan, width: width, style: style)
    }

    /// What happens next, and why something waits.
    var sentences: [String] {
        get throws(CommandFailure) {
            guard let now = schedule["now"]?.moment else { throw JSONScanner.foreign }
            return ScheduleSentences(schedule, willSign: willSign, at: now).all
        }
    }

    /// Whom a rotation at this moment would harm, as the daemon tells; `nil` when nobody.
    var costOfRotatingNow: String? {
        guard let waiting = keys.first(where: { $0.id == standby }), let now = schedule["now"]?.moment else { return nil }
        var costs: [String] = []
        if let known = waiting.knownBy, known > now {
            costs.append("a verifier with a cached JWKS may not know \(waiting.id) before \(known)")
        }
        if let bundles = waiting.bundlesLackItUntil, bundles > now {
            costs.append("a holder of an older trust bundle may not know it before \(bundles)")
        }
        return costs.isEmpty ? nil : costs.joined(separator: "; ")
    }

    /// When the standby begins to sign, as things stand.
    private var rotation: Timestamp? {
        if schedule["next"]?["step"]?.text == "rotate" { return schedule["next"]?["at"]?.moment }
        guard let waits = schedule["waitsFor"] else { return schedule["rotationDueAt"]?.moment }
        return waits["until"]?.moment
    }
}
