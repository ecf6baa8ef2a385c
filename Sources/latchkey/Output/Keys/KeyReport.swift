import LatchkeyVerifier

/// A signing key as the daemon describes it, for people.
struct KeyReport {
    static let titles = ["KEY ID", "STATUS", "BITS", "ORIGIN", "IN THE JWKS SINCE", "SIGNS SINCE", "SIGNED UNTIL", "LEAVES THE JWKS"]

    let id: String
    let status: String
    private let key: JSONValue

    init(_ key: JSONValue) throws(CommandFailure) {
        guard let id = key["keyId"]?.text, let status = key["status"]?.text else { throw JSONScanner.foreign }
        self.id = id
        self.status = status
        self.key = key
    }

    /// The signer first, then the standby, then those on their way out, then those that are gone.
    static func inOrder(_ statuses: [String]) -> [Int] {
        let order = ["active", "standby", "grace"]
        let rank = { (index: Int) in order.firstIndex(of: statuses[index]) ?? order.count }
        return statuses.indices.sorted { (rank($0), $0) < (rank($1), $1) }
    }

    /// The daemon's own text.
    var json: [UInt8] { key.raw }
    var jwk: JSONValue? { key["jwk"] }
    /// Since when, at the latest, every verifier that plays by the rules knows it.
    var knownBy: Timestamp? { key["knownBy"]?.moment }
    var bundlesLackItUntil: Timestamp? { key["bundlesLackItUntil"]?.moment }

    var row: [String] {
        [
            id, status, bits ?? "", text("origin") ?? "", text("publishedAt") ?? "", text("activatedAt") ?? "", text("deactivatedAt") ?? "",
            text("leftAt") ?? text("leavesAt") ?? "",
        ]
    }

    var facts: [(name: String, value: String?)] {
        let algorithm = [text("algorithm"), bits.map { "RSA-\($0)" }].compactMap { $0 }
        return [
            ("key id", id), ("status", statusInWords), ("algorithm", algorithm.joined(separator: " ")), ("origin", text("origin")),
            ("created", text("createdAt")), ("in the JWKS since", text("publishedAt")), ("signs since", text("activatedAt")),
            ("signed until", text("deactivatedAt")), ("will leave the JWKS", text("leftAt") == nil ? text("leavesAt") : nil),
            ("left the JWKS", text("leftAt")), ("revoked because", text("revokeReason")),
            ("unknown to bundles until", text("bundlesLackItUntil")),
        ]
    }

    /// For the timeline.
    ///
    /// - Parameter isSilent: whether it signs nothing, whatever its status says.
    /// - Throws: `.failed` when the daemon does not say since when the key is in the JWKS.
    func life(isSilent: Bool) throws(CommandFailure) -> KeyTimeline.Life {
        guard let published = key["publishedAt"]?.moment else { throw JSONScanner.foreign }
        return KeyTimeline.Life(
            id: id, status: status, published: published, activated: isSilent ? nil : key["activatedAt"]?.moment,
            deactivated: key["deactivatedAt"]?.moment,
            leaves: key["leavesAt"]?.moment, left: key["leftAt"]?.moment)
    }

    private var statusInWords: String {
        switch status {
        case "standby": "standby: in the JWKS, will sign next"
        case "active": "active: signs"
        case "grace": "grace: in the JWKS, verifies only"
        case "retired": "retired: out of the JWKS, its private half destroyed"
        case "revoked": "revoked: out of the JWKS, and every token of it refused"
        default: status
        }
    }

    private var bits: String? { key["bits"]?.integer.map { String($0) } }

    private func text(_ name: String) -> String? { key[name]?.text }
}
